import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { BackupError } from '../backup/backup.error.ts';
import { readArchive, type ArchiveEvent } from '../backup/dump-format/archive.ts';
import { readDumpFile, SUFFIX } from '../backup/dump-format/compression.ts';
import { BatchBuilder, BatchPool, type PooledDocuments } from './document-batches.ts';
import type { DumpBatch } from './dump.ts';

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** A file with the documents of one collection. */
export interface DataFile {
  collection: string;
  path: string;
}

/** Documents of files, one file after the other. */
export async function* readFiles(files: readonly DataFile[]): AsyncGenerator<DumpBatch> {
  const pool = new BatchPool();
  for (const { collection, path } of files) {
    const builder = new BatchBuilder(pool);
    try {
      const batches = isCompressed(path) ? decompressInto(builder, path) : readInto(builder, path);
      for await (const batch of batches) yield { collection, ...batch };
      for (const batch of builder.finish()) yield { collection, ...batch };
    } catch (error) {
      throw inFile(path, error);
    }
  }
}

/** Straight into the memory of the batches. */
async function* readInto(builder: BatchBuilder, path: string): AsyncGenerator<PooledDocuments> {
  await using file = await open(path);
  for (;;) {
    const { bytesRead } = await file.read(builder.space);
    if (bytesRead === 0) return;
    yield* builder.fill(bytesRead);
  }
}

async function* decompressInto(builder: BatchBuilder, path: string): AsyncGenerator<PooledDocuments> {
  for await (const chunk of readDumpFile(path)) yield* builder.add(chunk);
}

/**
 * Documents of one database of an archive, mixed as they are in it.
 *
 * @param collections - Others are passed over
 */
export async function* readArchiveDocuments(
  path: string,
  database: string,
  collections: readonly (string | undefined)[],
): AsyncGenerator<DumpBatch> {
  const pool = new BatchPool();
  const builders = new Map<string, BatchBuilder>();
  for await (const event of readArchiveEvents(path)) {
    if (event.kind === 'prelude' || event.database !== database) continue;
    const { collection } = event;
    if (!collections.includes(collection)) continue;
    const builder = builders.get(collection) ?? new BatchBuilder(pool);
    builders.set(collection, builder);
    if (event.kind === 'documents') {
      for (const batch of builder.add(together(event.documents))) yield { collection, ...batch };
    } else {
      for (const batch of builder.finish()) yield { collection, ...batch };
      builders.delete(collection);
    }
  }
}

/** What stands in an archive, compressed or not: its name does not tell, since mongodump lets people choose it. */
export async function* readArchiveEvents(path: string): AsyncGenerator<ArchiveEvent, undefined> {
  try {
    yield* readArchive(await bytesOf(path));
    return undefined;
  } catch (error) {
    throw inFile(path, error);
  }
}

async function bytesOf(path: string): Promise<AsyncIterable<Buffer>> {
  const isNamed = isCompressed(path);
  const magic = await firstBytes(path);
  if (!isNamed && magic.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) {
    return decompressed(path, createGunzip());
  }
  if (!isNamed && magic.equals(ZSTD_MAGIC)) return decompressed(path, createZstdDecompress());
  return readDumpFile(path);
}

function isCompressed(path: string): boolean {
  return path.endsWith(SUFFIX.gzip) || path.endsWith(SUFFIX.zstd);
}

async function firstBytes(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(ZSTD_MAGIC.length), 0, ZSTD_MAGIC.length, 0);
  return buffer.subarray(0, bytesRead);
}

async function* decompressed(
  path: string,
  decompressor: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  file.on('error', (error) => decompressor.destroy(error)).pipe(decompressor);
  try {
    yield* decompressor as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new BackupError('BACKUP_DAMAGED', 'The backup is damaged: it cannot be decompressed', { cause });
  } finally {
    file.destroy();
  }
}

/** The documents of an event stand one behind the other in memory. */
function together(documents: readonly Buffer[]): Buffer {
  const [first] = documents;
  const last = documents.at(-1);
  if (first === undefined || last === undefined) return Buffer.alloc(0);
  return Buffer.from(first.buffer, first.byteOffset, last.byteOffset + last.length - first.byteOffset);
}

/** Says in which file a dump is damaged. */
function inFile(path: string, error: unknown): unknown {
  if (!(error instanceof BackupError) || error.code !== 'BACKUP_DAMAGED') return error;
  return new BackupError(error.code, `${error.message} (in ${basename(path)})`, { cause: error });
}
