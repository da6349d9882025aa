import type { mongo } from 'mongoose';
import { DocumentInvalidError } from '../errors/database.error.ts';
import type { DriverOptions } from '../repository/operation-options.ts';
import type { BulkReport } from './bulk-report.ts';
import type { BulkOptions } from './bulk-run.ts';
import type { CommandItem } from './command.ts';
import type { SingleItem } from './packer.ts';
import { runBulk, type BulkConnection } from './run-bulk.ts';

/** What {@link insertMany} needs of its repository. */
export interface InsertTarget extends BulkConnection {
  /** Makes the document to store, with its `_id`, and leaves the input as it is; throws {@link DocumentInvalidError}. */
  prepare: (input: object) => mongo.Document;
  /** For schemas that only Mongoose can write: stores one document by itself. Used in place of `prepare` where present. */
  save?: ((input: object, options: DriverOptions) => Promise<mongo.Document>) | undefined;
}

/**
 * Inserts any number of documents, in commands of 2,500 or 8 MiB, at the pace of the database. Nothing is kept of what is written, so a
 * stream may be of any length.
 *
 * @param documents - Left as they are; a stream is closed when the insert ends early
 * @returns What was inserted and, when unordered, what was refused
 * @throws {@link BulkWriteError} With the report so far: at the first document that is refused when ordered, then everything before it is
 * stored; when the database goes away, the signal is aborted or the input throws, in both orders
 */
export async function insertMany(
  target: InsertTarget,
  documents: AsyncIterable<object> | Iterable<object>,
  options: BulkOptions = {},
): Promise<BulkReport> {
  const toPrepare = (driverOptions: DriverOptions) => (input: object, index: number) =>
    toInsert(target, input, { index, driverOptions });
  return runBulk(target, documents, { toPrepare, options });
}

/** @throws {@link DocumentInvalidError} */
export function toInsert(
  { prepare, save }: Pick<InsertTarget, 'prepare' | 'save'>,
  input: object,
  { index, driverOptions }: { index: number; driverOptions: DriverOptions },
): CommandItem | SingleItem {
  // A stream of parsed JSON may hold anything.
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new DocumentInvalidError([{ path: '', message: 'it must be an object' }]);
  if (save) {
    const run = async () => ({ inserted: 1, id: (await save(input, driverOptions))._id as unknown });
    return { index, run };
  }
  const document = prepare(input);
  return { index, group: 'insert', operation: { insertOne: { document } }, id: document._id };
}
