import type { mongo } from 'mongoose';
import { collectGarbage } from '../raw/collect-garbage.ts';
import { readCursor, takeBatch, type Batch } from './cursor-reply.ts';

export interface ReadOptions {
  db: mongo.Db;
  /** A command that opens a cursor: `{ find }`, `{ listCollections }`, … */
  command: mongo.Document;
  /** Name for `getMore`. */
  collection: string;
  signal?: AbortSignal;
}

/** Size of a reply that is aimed at: larger ones are no faster, and take memory. */
const REPLY_BYTES = 1_024 * 1_024;
const MOST_DOCUMENTS = 100_000;
/** Of such replies there is one at a time: two of them, with the pieces in which they arrive, take more memory than everything else. */
const LARGE_BYTES = 4 * 1_024 * 1_024;
/** What the server sends at first, unless they are very large. */
const FIRST_DOCUMENTS = 101;
const NOTHING = Buffer.alloc(0);
/** How long the end of a cursor that nobody reads any more may take. */
const KILL_TIMEOUT_MS = 2_000;

/**
 * Reads what a cursor gives as bytes, without decoding a document: the next reply is asked for before the last one is used, which
 * keeps the server and this process busy at the same time. A batch is good until the next one is asked for.
 */
export async function* readBatches({ db, command, collection, signal }: ReadOptions): AsyncGenerator<Batch> {
  // The cursor belongs to its session. Without causal consistency the driver adds nothing to the read concern.
  const session = db.client.startSession({ causalConsistency: false });
  const options = { raw: true, session, ...(signal && { signal }) };
  let open = 0n;
  let next: Promise<mongo.Document> | undefined;
  const more = (averageBytes: number): Promise<mongo.Document> =>
    db.command({ getMore: open, collection, batchSize: sizeOf(averageBytes) }, options);
  try {
    let reply = readCursor((await db.command(command, options)).cursor as Uint8Array);
    let averageBytes = reply.array.length / FIRST_DOCUMENTS;
    for (;;) {
      open = reply.id;
      if (open !== 0n && reply.array.length < LARGE_BYTES) {
        // Before anything is done with what has come, so that the server need not wait.
        next = more(averageBytes);
        // It is waited for below, or given up together with the cursor.
        next.catch(() => undefined);
      }
      const batch = takeBatch(reply);
      if (batch.count > 0) averageBytes = batch.documents.length / batch.count;
      yield batch;
      const passedBytes = batch.documents.length;
      // Nobody keeps this memory until the next reply is there: neither this function, nor its caller by the batch.
      batch.documents = NOTHING;
      reply.array = NOTHING;
      collectGarbage(passedBytes);
      if (open === 0n) return;
      reply = readCursor((await (next ?? more(averageBytes))).cursor as Uint8Array);
      next = undefined;
    }
  } finally {
    await next?.catch(() => undefined);
    if (open !== 0n) await killCursor(db, collection, open, session);
    await session.endSession();
  }
}

/** All documents of a short list. */
export async function readAll(options: ReadOptions): Promise<Buffer[]> {
  const documents: Buffer[] = [];
  for await (const batch of readBatches(options)) {
    for (let at = 0; at < batch.documents.length;) {
      const size = batch.documents.readInt32LE(at);
      documents.push(Buffer.from(batch.documents.subarray(at, at + size)));
      at += size;
    }
  }
  return documents;
}

/** As many documents as make a reply of good size, if they are like those before. */
function sizeOf(averageBytes: number): number {
  return Math.max(1, Math.min(MOST_DOCUMENTS, Math.floor(REPLY_BYTES / averageBytes)));
}

/** The server would find it out by itself, ten minutes later. */
async function killCursor(
  db: mongo.Db,
  collection: string,
  id: bigint,
  session: mongo.ClientSession,
): Promise<void> {
  const signal = AbortSignal.timeout(KILL_TIMEOUT_MS);
  await db.command({ killCursors: collection, cursors: [id] }, { session, signal }).catch(() => undefined);
}
