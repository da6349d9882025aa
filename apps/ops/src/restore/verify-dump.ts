import { createHash } from 'node:crypto';
import { BackupError } from '../backup/backup.error.ts';
import { checkDocument, documentSize } from '../backup/dump-format/bson-walk.ts';
import type { Manifest } from '../backup/manifest.ts';
import { findDamagedFiles } from '../backup/verify-backup.ts';
import { ContentHash } from '../raw/content-hash.ts';
import type { DumpBatch, DumpCollection, VerifyOptions } from './dump.ts';

/**
 * Compares every file of a backup with its manifest.
 *
 * @returns What tells this backup from others: the SHA-256 of its files
 * @throws {@link BackupError} `BACKUP_DAMAGED`, with the names of the files
 */
export async function verifyByManifest(
  folder: string,
  manifest: Manifest,
  options: VerifyOptions,
): Promise<string> {
  const problems = await findDamagedFiles(folder, manifest, options);
  if (problems.length > 0) {
    throw new BackupError('BACKUP_DAMAGED', `The backup is damaged: ${problems.join('; ')}`);
  }
  return fingerprint(manifest.files.map(({ path, sha256 }) => [path, sha256]));
}

/**
 * Walks through every document of a dump that has no checksums, and notes what the collections hold.
 *
 * @returns What tells this dump from others: a SHA-256 over the content of its collections
 * @throws {@link BackupError} `BACKUP_DAMAGED` when it is cut off or no BSON
 */
export async function verifyByWalk(
  batches: AsyncIterable<DumpBatch>,
  collections: readonly DumpCollection[],
  { signal, progress }: VerifyOptions,
): Promise<string> {
  const contents = new Map<string, ContentHash>();
  for (const { storedAs } of collections) contents.set(storedAs ?? '', new ContentHash());
  const bar = progress?.bar('reading', undefined, 'bytes');
  let doneBytes = 0;
  for await (const { collection, bytes, count, release } of batches) {
    signal.throwIfAborted();
    checkDocuments(bytes);
    contents.get(collection)?.add(bytes, count);
    bar?.update((doneBytes += bytes.length));
    release();
  }
  bar?.finish(doneBytes);
  for (const collection of collections) {
    const digest = contents.get(collection.storedAs ?? '')?.digest;
    collection.documents = digest?.documents ?? 0;
    if (digest) collection.content = digest;
  }
  return fingerprint(collections.map(({ name, content }) => [name, content?.hash]));
}

function checkDocuments(bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    const size = documentSize(bytes, at) ?? bytes.length;
    checkDocument(bytes.subarray(at, at + size));
    at += size;
  }
}

function fingerprint(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
