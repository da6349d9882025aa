import { mongo } from 'mongoose';

/** A document that the server has refused. */
export interface Refusal {
  /** Place in the batch. */
  place: number;
  code: number;
}

export interface RawBatch {
  /** Documents in BSON, one after the other. */
  bytes: Buffer;
  /** Where each of them ends. */
  ends: readonly number[];
}

/** The driver wants a document for each buffer; what is sent is the buffer. */
const STAND_IN = { _id: new mongo.ObjectId() };
const PLACES: number[] = [];

/**
 * Inserts documents that are BSON already, in one unordered command.
 *
 * The driver keeps a bulk insert as bytes and sends them as a document sequence, in which documents follow each other without anything
 * between them: so a whole batch is one buffer. Where it keeps none, as with automatic encryption, the documents are decoded.
 *
 * @returns What the server has refused; everything else is stored
 * @throws What the driver throws when the batch as a whole has failed; some of it may be stored then
 */
export async function insertRaw(collection: mongo.Collection, { bytes, ends }: RawBatch): Promise<Refusal[]> {
  const bulk = collection.initializeUnorderedBulkOp();
  bulk.raw({ insertOne: { document: STAND_IN } });
  const batch = bulk.batches[0];
  if (batch?.serializedOperations.length !== 1)
    return refusalsOf(insertDecoded(collection, { bytes, ends }), ends);
  batch.serializedOperations = [bytes];
  batch.originalIndexes = placesUpTo(ends.length);
  return refusalsOf(bulk.execute(), ends);
}

/** Each document of a batch. */
export function documentsIn({ bytes, ends }: RawBatch): Buffer[] {
  return ends.map((end, place) => bytes.subarray(ends[place - 1] ?? 0, end));
}

async function insertDecoded(
  collection: mongo.Collection,
  batch: RawBatch,
): Promise<{ insertedCount: number }> {
  const documents = documentsIn(batch).map((bytes) =>
    mongo.BSON.deserialize(bytes, { promoteValues: false }),
  );
  return collection.insertMany(documents, { ordered: false });
}

async function refusalsOf(
  sent: Promise<{ insertedCount: number }>,
  ends: readonly number[],
): Promise<Refusal[]> {
  try {
    const { insertedCount } = await sent;
    checkCount(insertedCount, 0, ends.length);
    return [];
  } catch (error) {
    const isPartial = error instanceof mongo.MongoBulkWriteError && error.result?.getWriteErrorCount() > 0;
    if (!isPartial || error.result.getWriteConcernError() !== undefined) throw error;
    const refusals = error.result.getWriteErrors().map(({ index, code }) => ({ place: index, code }));
    checkCount(error.insertedCount, refusals.length, ends.length);
    return refusals;
  }
}

function checkCount(inserted: number, refused: number, sent: number): void {
  if (inserted + refused === sent) return;
  throw new Error(`The server has answered for ${inserted + refused} of ${sent} documents`);
}

function placesUpTo(count: number): number[] {
  while (PLACES.length < count) PLACES.push(PLACES.length);
  return PLACES;
}
