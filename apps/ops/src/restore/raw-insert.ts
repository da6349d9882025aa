import { mongo } from 'mongoose';

/** Documents as bytes, one after the other. */
export interface RawDocuments {
  bytes: Buffer;
  count: number;
}

/** A document that the server refused. */
export interface Refusal {
  /** In the order of the bytes. */
  index: number;
  code: number;
  message: string;
}

export interface RawInsertResult {
  inserted: number;
  refused: Refusal[];
}

/**
 * Inserts documents without decoding them: the driver's own bulk operation, retries and all, whose one serialized operation is all of
 * the bytes. They travel as a document sequence, in which documents stand one after the other just as in a dump.
 *
 * Documents that the collection's validator refuses are stored all the same: they were stored once.
 * One that is refused does not keep the others from being stored.
 *
 * @param documents - At most as many, and as large together, as a message may be: 100,000 and 48 MB
 * @param isRaw - The collection is a time series, and these are its buckets
 * @throws What the driver throws when nothing is known of the outcome
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#kind-1--document-sequence
 */
export async function insertRaw(
  collection: mongo.Collection,
  { bytes, count }: RawDocuments,
  isRaw = false,
): Promise<RawInsertResult> {
  const bulk = collection.initializeUnorderedBulkOp({
    bypassDocumentValidation: true,
    // No time limit: a member that lags behind slows a restore down and does not end it.
    writeConcern: { w: 'majority', journal: true },
    ...(isRaw && { rawData: true }),
  });
  bulk.insert({ _id: null });
  const [batch] = bulk.batches;
  if (batch?.serializedOperations.length !== 1) {
    throw new Error('This version of the MongoDB driver does not keep serialized operations');
  }
  batch.serializedOperations[0] = bytes;
  // So that a refusal says which document it means.
  batch.originalIndexes = Array.from({ length: count }, (_, index) => index);
  try {
    const { insertedCount } = await bulk.execute();
    return { inserted: insertedCount, refused: [] };
  } catch (error) {
    if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
    const { result } = error;
    const writeErrors = result.getWriteErrors();
    if (writeErrors.length === 0 || result.getWriteConcernError() !== undefined) throw error;
    const refused = writeErrors.map(({ index, code, errmsg }) => ({ index, code, message: errmsg ?? '' }));
    return { inserted: result.insertedCount, refused };
  }
}
