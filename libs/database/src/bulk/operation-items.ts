import type { mongo } from 'mongoose';
import { VersionConflictError } from '../errors/database.error.ts';
import type { DriverOptions, OperationOptions } from '../repository/operation-options.ts';
import { refuse } from '../schema/filter-value.ts';
import { withoutRepeats } from '../schema/upsert-filter.ts';
import type { BulkDeletion, BulkOperation, BulkReplacement, BulkUpdate } from './bulk-operation.ts';
import type { ItemResult } from './bulk-report.ts';
import type { BulkTarget } from './bulk-target.ts';
import type { CommandItem } from './command.ts';
import { toInsert } from './insert-many.ts';
import type { SingleItem } from './packer.ts';

/** As the call around gave them, so that each part has the same session and limits. */
function toOperationOptions({
  maxTimeMS,
  socketTimeoutMS: _fromMaxTime,
  ...others
}: DriverOptions): OperationOptions {
  return { ...others, maxTimeMs: maxTimeMS };
}

interface Statement {
  query: mongo.Document;
  many: boolean;
  expectedVersion?: number | undefined;
}

/** Makes what is sent of one operation. */
export class OperationItem {
  readonly #target: BulkTarget;
  readonly #place: { index: number; driverOptions: DriverOptions };

  constructor(target: BulkTarget, place: { index: number; driverOptions: DriverOptions }) {
    this.#target = target;
    this.#place = place;
  }

  /** @throws {@link FilterInvalidError} {@link DocumentInvalidError} */
  prepare(operation: BulkOperation<unknown>): CommandItem | SingleItem {
    const { index, driverOptions } = this.#place;
    const { runOne } = this.#target;
    const isSingle =
      typeof operation === 'object' && operation !== null && Object.keys(operation).length === 1;
    if (!isSingle) return refuse('', 'an operation is one of insert, update, replace and delete');
    if (runOne) return { index, run: () => runOne(operation, toOperationOptions(driverOptions)) };
    if ('insert' in operation) return toInsert(this.#target, operation.insert, this.#place);
    if ('update' in operation) return this.#update(operation.update);
    if ('replace' in operation) return this.#replace(operation.replace);
    if ('delete' in operation) return this.#delete(operation.delete);
    return refuse('', 'an operation is one of insert, update, replace and delete');
  }

  #update({
    update,
    upsert = false,
    arrayFilters,
    ...selection
  }: BulkUpdate<unknown>): CommandItem | SingleItem {
    const { toUpdate, toArrayFilters } = this.#target;
    const selected = this.#select(selection);
    const statement = upsert ? { ...selected, query: withoutRepeats(selected.query) } : selected;
    const { query: filter, expectedVersion } = statement;
    if (upsert && expectedVersion !== undefined) refuse('', 'what is upserted has no version to expect');
    const forInsert = upsert ? { isUpsert: true, filter } : {};
    const compiled = toUpdate(update, { at: new Date(), ...forInsert });
    const filters = toArrayFilters(update, arrayFilters);
    const options = { ...(upsert && { upsert }), ...(filters && { arrayFilters: filters }) };
    return this.#toUpdateItem(statement, compiled, options);
  }

  #replace({ id, document, ...conditions }: BulkReplacement<unknown>): CommandItem | SingleItem {
    const statement = this.#select({ ...conditions, filter: { _id: id } });
    return this.#toUpdateItem(statement, this.#target.toReplacement(id, document));
  }

  #delete({
    permanently = false,
    withDeleted = permanently,
    ...selection
  }: BulkDeletion<unknown>): CommandItem | SingleItem {
    const { toUpdate, deletedPath } = this.#target;
    const statement = this.#select({ ...selection, withDeleted });
    const { query: filter, many } = statement;
    const { index } = this.#place;
    if (deletedPath !== undefined && !permanently) {
      const at = new Date();
      const item = this.#toUpdateItem(statement, toUpdate({ [deletedPath]: at }, { at }));
      if ('operation' in item) return { ...item, group: many ? 'softDeleteMany' : 'softDeleteOne' };
      return { index, run: async () => ({ deleted: (await item.run()).matched ?? 0 }) };
    }
    if (statement.expectedVersion === undefined) {
      if (many) return { index, group: 'deleteMany', operation: { deleteMany: { filter } } };
      return { index, group: 'deleteOne', operation: { deleteOne: { filter } } };
    }
    return this.#conditional(statement, async (collection, query, options) => {
      const { deletedCount } = await collection.deleteOne(query, options);
      return { deleted: deletedCount };
    });
  }

  /** Cast, and narrowed to what may be seen. */
  #select(selection: {
    filter: object;
    many?: boolean;
    all?: boolean;
    withDeleted?: boolean;
    expectedVersion?: number;
  }): Statement {
    const { filter, many = false, all = false, withDeleted = false, expectedVersion } = selection;
    if (many && expectedVersion !== undefined)
      refuse('', 'many documents have no version in common to expect');
    return { query: this.#target.toQuery(filter, { many, all, withDeleted }), many, expectedVersion };
  }

  #toUpdateItem(
    statement: Statement,
    update: mongo.Document[] | mongo.UpdateFilter<mongo.Document>,
    options: { upsert?: boolean; arrayFilters?: mongo.Document[] } = {},
  ): CommandItem | SingleItem {
    const { query: filter, many } = statement;
    const { index } = this.#place;
    if (statement.expectedVersion === undefined) {
      const request = { filter, update, ...options };
      if (many) return { index, group: 'updateMany', operation: { updateMany: request } };
      return { index, group: 'updateOne', operation: { updateOne: request } };
    }
    return this.#conditional(statement, async (collection, query, driverOptions) => {
      const all = { ...driverOptions, ...options };
      const { matchedCount, modifiedCount } = await collection.updateOne(query, update, all);
      return { matched: matchedCount, modified: modifiedCount };
    });
  }

  /** By itself, since the answer to a command does not tell which of its statements matched nothing. */
  #conditional(
    { query, expectedVersion = 0 }: Statement,
    send: (
      collection: mongo.Collection,
      query: mongo.Document,
      options: DriverOptions,
    ) => Promise<ItemResult>,
  ): SingleItem {
    const { index, driverOptions } = this.#place;
    const conditional = this.#target.withVersion(query, expectedVersion);
    const run = async (): Promise<ItemResult> => {
      const collection = this.#target.collection();
      const result = await send(collection, conditional, driverOptions);
      const hasMatched = (result.matched ?? result.deleted ?? 0) > 0;
      const find = { ...driverOptions, projection: { _id: 1 } };
      if (!hasMatched && (await collection.findOne(query, find))) throw new VersionConflictError();
      return result;
    };
    return { index, run };
  }
}
