import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ArchivedStream, encodePrelude } from './dump-format/archive.ts';
import type { ByteSink } from './dump-format/byte-sink.ts';
import { compressInto, SUFFIX } from './dump-format/compression.ts';
import { formatMetadata } from './dump-format/metadata-json.ts';
import { TOOL_NAME, toFileStem } from './dump-format/names.ts';
import type { CatalogEntry } from './catalog.ts';
import { FileWriter, withSpaceNamed } from './file-writer.ts';
import type { Compression, ManifestFile } from './manifest.ts';
import type { ReadBack } from './read-back.ts';

/** Where a dump goes: files, or one archive. */
export interface DumpTarget {
  /** Every file that is complete and was read back. */
  readonly files: ManifestFile[];
  /** Takes the documents of one collection; several may be open at the same time. */
  open: (entry: CatalogEntry & { storage: string }) => Promise<{ sink: ByteSink; path: string }>;
  /** After the last collection. */
  finish: () => Promise<void>;
  /** Closes what is open, after a failure. */
  abandon: () => Promise<void>;
}

export interface DumpTargetOptions {
  /** Of the backup; empty. */
  folder: string;
  database: string;
  compression: Compression;
  serverVersion: string;
  entries: readonly CatalogEntry[];
  /** How many collections are open at the same time. */
  concurrency: number;
  readBack: ReadBack;
}

/** Writes mongodump's folder: one file per collection, and one with its metadata. */
export async function openDirectory(options: DumpTargetOptions): Promise<DumpTarget> {
  const { folder, database, serverVersion, entries } = options;
  const files = new Files(options);
  await withSpaceNamed(() => mkdir(join(folder, database)));
  await files.writeText(`${database}/prelude.json`, formatPrelude(serverVersion));
  for (const entry of entries) {
    await files.writeText(`${database}/${toFileStem(entry.collection)}.metadata.json`, formatMetadata(entry));
  }
  return {
    files: files.complete,
    open: async ({ storage }) => files.open(`${database}/${toFileStem(storage)}.bson`),
    finish: async () => undefined,
    abandon: () => files.abandon(),
  };
}

/** Writes mongodump's archive: everything in one file, with the blocks of several collections between each other. */
export async function openArchive(options: DumpTargetOptions): Promise<DumpTarget> {
  const { database, serverVersion, entries, concurrency } = options;
  const files = new Files(options);
  const { sink, path } = await files.open(`${database}.archive`);
  const collections = entries.map((entry) => ({
    database,
    collection: entry.collection,
    metadata: formatMetadata(entry),
    type: entry.type,
  }));
  const prelude = {
    serverVersion,
    toolVersion: TOOL_NAME,
    concurrentCollections: concurrency,
    collections,
  };
  // mongorestore waits for the end of every collection, also of views, which have no documents.
  const views = entries.filter(({ storage }) => storage === undefined);
  const endsOfViews = views.flatMap(({ collection }) => new ArchivedStream({ database, collection }).end());
  let last = writeAfter(Promise.resolve(), sink, [encodePrelude(prelude), ...endsOfViews]);
  // A failure is met by the first that writes behind it, or by the end.
  last.catch(() => undefined);
  const append = (parts: Buffer[]): Promise<void> => {
    const before = last;
    last = writeAfter(before, sink, parts);
    return last;
  };
  return {
    files: files.complete,
    async open({ storage }) {
      const stream = new ArchivedStream({ database, collection: storage });
      return {
        path,
        sink: { write: (documents) => append(stream.block(documents)), end: () => append(stream.end()) },
      };
    },
    async finish() {
      await last;
      await sink.end();
    },
    abandon: () => files.abandon(),
  };
}

/** Several collections write at the same time; what belongs together stays together. */
async function writeAfter(before: Promise<void>, sink: ByteSink, parts: Buffer[]): Promise<void> {
  await before;
  for (const part of parts) await sink.write(part);
}

function formatPrelude(serverVersion: string): string {
  return JSON.stringify({ ServerVersion: serverVersion, ToolVersion: TOOL_NAME });
}

/** The files of one dump. */
class Files {
  readonly complete: ManifestFile[] = [];
  readonly #folder: string;
  readonly #compression: Compression;
  readonly #readBack: ReadBack;
  readonly #open = new Set<FileWriter>();

  constructor({ folder, compression, readBack }: DumpTargetOptions) {
    this.#folder = folder;
    this.#compression = compression;
    this.#readBack = readBack;
  }

  async open(name: string, compression = this.#compression): Promise<{ sink: ByteSink; path: string }> {
    const path = `${name}${SUFFIX[compression]}`;
    const file = await FileWriter.create(join(this.#folder, path), this.#readBack);
    this.#open.add(file);
    const compressed = compressInto(file, compression);
    const end = async (): Promise<void> => {
      await compressed.end();
      this.#open.delete(file);
      this.complete.push({ path, ...(await file.readBack()) });
    };
    return { path, sink: { write: (bytes) => compressed.write(bytes), end } };
  }

  async writeText(name: string, text: string): Promise<void> {
    // Names have no room for the suffix of zstd.
    const { sink } = await this.open(name, this.#compression === 'gzip' ? 'gzip' : 'none');
    await sink.write(Buffer.from(text));
    await sink.end();
  }

  async abandon(): Promise<void> {
    for (const file of this.#open) await file.close().catch(() => undefined);
  }
}
