import type { mongo } from 'mongoose';
import { readBatches } from '../backup/read-collection.ts';
import { ContentHash, type ContentDigest } from './content-hash.ts';

export interface ReadContentOptions {
  db: mongo.Db;
  collection: string;
  /** What `find` takes beside the name. */
  find: mongo.Document;
  signal: AbortSignal;
  /** Told the documents so far. */
  onRead: (documents: number) => void;
}

/** Reads every document of a collection as the server has it, without decoding it, and says what it holds. */
export async function readContent({
  db,
  collection,
  find,
  signal,
  onRead,
}: ReadContentOptions): Promise<ContentDigest> {
  const content = new ContentHash();
  const command = { find: collection, ...find };
  for await (const { documents, count } of readBatches({ db, command, collection, signal })) {
    content.add(documents, count);
    onRead(content.documents);
  }
  return content.digest;
}
