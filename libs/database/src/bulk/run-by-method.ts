import type { Filter, Id, Update } from '../repository/document-types.ts';
import type {
  ConditionalOptions,
  ManyOptions,
  OperationOptions,
  Permanently,
  UpdateOptions,
} from '../repository/operation-options.ts';
import { refuse } from '../schema/filter-value.ts';
import type { BulkDeletion, BulkOperation, BulkUpdate } from './bulk-operation.ts';
import type { ItemResult } from './bulk-report.ts';

/** The methods of a repository that do what an operation of a bulk write asks for. */
export interface SingleWrites<T> {
  insert(document: Partial<T>, options: OperationOptions): Promise<{ _id: unknown }>;
  updateOne(
    filter: Filter<T>,
    update: Update<T>,
    options: ConditionalOptions & UpdateOptions,
  ): Promise<boolean>;
  updateMany(filter: Filter<T>, update: Update<T>, options: ManyOptions & UpdateOptions): Promise<number>;
  upsert(
    filter: Filter<T>,
    update: Update<T>,
    options: UpdateOptions,
  ): Promise<{ document: { _id: unknown }; isInserted: boolean }>;
  replaceById(id: Id<T>, document: Partial<T>, options: ConditionalOptions): Promise<unknown>;
  deleteOne(filter: Filter<T>, options: ConditionalOptions & Permanently): Promise<boolean>;
  deleteMany(filter: Filter<T>, options: ManyOptions & Permanently): Promise<number>;
}

/**
 * Does one operation by the method of its name, with everything that Mongoose does there. What was modified is not told apart from what
 * matched.
 */
export async function runByMethod<T>(
  writes: SingleWrites<T>,
  operation: BulkOperation<T>,
  options: OperationOptions,
): Promise<ItemResult> {
  if ('insert' in operation) {
    const { _id } = await writes.insert(operation.insert, options);
    return { inserted: 1, id: _id };
  }
  if ('update' in operation) return update(writes, operation.update, options);
  if ('delete' in operation) return remove(writes, operation.delete, options);
  const { id, document, ...conditions } = operation.replace;
  return changed(await writes.replaceById(id, document, { ...conditions, ...options }));
}

async function update<T>(
  writes: SingleWrites<T>,
  { filter, update: change, many = false, upsert = false, ...conditions }: BulkUpdate<T>,
  options: OperationOptions,
): Promise<ItemResult> {
  const all = { ...conditions, ...options };
  if (upsert) {
    if (many || conditions.expectedVersion !== undefined)
      refuse('', 'an upsert is about one document, of no version, in a schema that needs Mongoose');
    const { document, isInserted } = await writes.upsert(filter, change, all);
    return isInserted ? { upserted: 1, id: document._id } : changed(true);
  }
  if (!many) return changed(await writes.updateOne(filter, change, all));
  const matched = await writes.updateMany(filter, change, all);
  return { matched, modified: matched };
}

async function remove<T>(
  writes: SingleWrites<T>,
  { filter, many = false, ...conditions }: BulkDeletion<T>,
  options: OperationOptions,
): Promise<ItemResult> {
  const all = { ...conditions, ...options };
  if (many) return { deleted: await writes.deleteMany(filter, all) };
  return { deleted: (await writes.deleteOne(filter, all)) ? 1 : 0 };
}

function changed(found: unknown): ItemResult {
  const count = found === null || found === false ? 0 : 1;
  return { matched: count, modified: count };
}
