import type { mongo } from 'mongoose';
import { readBatches } from '../../backup/read-collection.ts';
import { ContentHash } from '../encode/content-hash.ts';
import { passBytes } from './collect-buffers.ts';

export interface ReadBackOptions {
  signal: AbortSignal;
  /** Documents that were read, now and then. */
  onProgress: (documents: number) => void;
}

/** The first reply; those after it are as large as they may be. */
const FIRST_DOCUMENTS = 100;

/**
 * Reads every document of a collection as the server has it, without decoding it.
 *
 * @returns The hash of all of them
 */
export async function readBack(
  db: mongo.Db,
  collection: string,
  { signal, onProgress }: ReadBackOptions,
): Promise<ContentHash> {
  const hash = new ContentHash();
  // A majority, so that what was read cannot be undone by a failover.
  const command = { find: collection, batchSize: FIRST_DOCUMENTS, readConcern: { level: 'majority' } };
  for await (const { documents } of readBatches({ db, command, collection, signal })) {
    const view = new DataView(documents.buffer, documents.byteOffset, documents.byteLength);
    for (let start = 0; start < documents.length;) {
      const end = start + view.getInt32(start, true);
      hash.add(view, start, end);
      start = end;
    }
    passBytes(documents.length);
    onProgress(hash.documents);
  }
  return hash;
}
