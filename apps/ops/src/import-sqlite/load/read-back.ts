import type { mongo } from 'mongoose';
import type { ContentDigest } from '../../raw/content-hash.ts';
import { readContent } from '../../raw/read-content.ts';
import type { Progress } from '../../terminal/progress.ts';

export interface ReadBackOptions {
  signal: AbortSignal;
  progress: Progress;
}

/**
 * Reads every document of a collection, with a progress bar.
 *
 * @param expected - How many there should be
 */
export async function readBack(
  { collectionName: name, db }: Pick<mongo.Collection, 'collectionName' | 'db'>,
  expected: number,
  { signal, progress }: ReadBackOptions,
): Promise<ContentDigest> {
  const bar = progress.bar(`${name} (comparing)`, expected, 'documents');
  const found = await readContent({
    db,
    collection: name,
    // A majority, so that what was read cannot be undone by a failover.
    find: { readConcern: { level: 'majority' } },
    signal,
    onRead: (documents) => bar.update(documents),
  });
  bar.finish(found.documents);
  return found;
}

/**
 * Counts the documents of a collection: by what the server keeps about it, and one by one where that is not the expected number, since it
 * may be wrong after a crash.
 */
export async function countStored(collection: mongo.Collection, expected: number): Promise<number> {
  const kept = await collection.estimatedDocumentCount();
  return kept === expected ? kept : collection.countDocuments();
}
