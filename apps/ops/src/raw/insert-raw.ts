import { mongo } from 'mongoose';
import { collectGarbage } from './collect-garbage.ts';

/** Documents as BSON, one after the other. */
export interface RawDocuments {
  bytes: Buffer;
  count: number;
}

/** A document that the server refused. */
export interface Refusal {
  /** Place in the order of the bytes, from 0. */
  place: number;
  code: number;
  message: string;
}

export interface RawInsertResult {
  inserted: number;
  refused: Refusal[];
}

/** The driver wants a document for each buffer; what is sent is the buffer. */
const STAND_IN = { _id: new mongo.ObjectId() };
const PLACES: number[] = [];
/**
 * Inserts documents without decoding them, in one unordered command: the driver's own bulk operation, retries and all, whose one
 * serialized operation is all of the bytes. They travel as a document sequence, in which documents stand one after the other.
 * Where the driver keeps no bytes, as with automatic encryption, they are decoded.
 *
 * One that is refused does not keep the others from being stored.
 *
 * @param documents - At most as many, and as large together, as a message may be: 100,000 and 48 MB
 * @throws What the driver throws when the outcome is not known; some may be stored then
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#kind-1--document-sequence
 */
export async function insertRaw(
  collection: mongo.Collection,
  documents: RawDocuments,
  options: mongo.BulkWriteOptions = {},
): Promise<RawInsertResult> {
  const { bytes, count } = documents;
  try {
    const { insertedCount } = await send(collection, documents, options);
    return checked({ inserted: insertedCount, refused: [] }, count);
  } catch (error) {
    if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
    const { result } = error;
    const writeErrors = result?.getWriteErrors() ?? [];
    if (writeErrors.length === 0 || result.getWriteConcernError() !== undefined) throw error;
    const refused = writeErrors.map(({ index, code, errmsg }) => ({
      place: index,
      code,
      message: errmsg ?? '',
    }));
    return checked({ inserted: result.insertedCount, refused }, count);
  } finally {
    collectGarbage(bytes.length);
  }
}

/** Each of the documents, in the same memory. */
export function documentsIn(bytes: Buffer): Buffer[] {
  const documents: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + bytes.readInt32LE(at);
    documents.push(bytes.subarray(at, end));
    at = end;
  }
  return documents;
}

async function send(
  collection: mongo.Collection,
  { bytes, count }: RawDocuments,
  options: mongo.BulkWriteOptions,
): Promise<{ insertedCount: number }> {
  const bulk = collection.initializeUnorderedBulkOp(options);
  bulk.raw({ insertOne: { document: STAND_IN } });
  const [batch] = bulk.batches;
  if (batch?.serializedOperations.length !== 1) {
    const decoded = documentsIn(bytes).map((each) => mongo.BSON.deserialize(each, { promoteValues: false }));
    return collection.insertMany(decoded, { ...options, ordered: false });
  }
  batch.serializedOperations = [bytes];
  // So that a refusal says which document it means.
  batch.originalIndexes = placesUpTo(count);
  return bulk.execute();
}

function checked(result: RawInsertResult, count: number): RawInsertResult {
  const answered = result.inserted + result.refused.length;
  if (answered === count) return result;
  throw new Error(`The server has answered for ${answered} of ${count} documents`);
}

function placesUpTo(count: number): number[] {
  while (PLACES.length < count) PLACES.push(PLACES.length);
  return PLACES;
}
