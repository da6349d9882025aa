import type { mongo } from 'mongoose';
import type { OperationOptions } from '../repository/operation-options.ts';
import type { UpdateOptions } from '../schema/update-compiler.ts';
import type { BulkOperation } from './bulk-operation.ts';
import type { ItemResult } from './bulk-report.ts';
import type { InsertTarget } from './insert-many.ts';

/** What {@link bulk} needs of its repository. */
export interface BulkTarget extends InsertTarget {
  /** Casts a filter and narrows it to what the call may see; with `many`, refuses one that matches everything without `all`. */
  toQuery: (filter: object, options: { many: boolean; all: boolean; withDeleted: boolean }) => mongo.Document;
  /** Adds the version to a filter that has been cast. */
  withVersion: (query: mongo.Document, expectedVersion: number) => mongo.Document;
  toUpdate: (update: object, options: UpdateOptions) => mongo.UpdateFilter<mongo.Document>;
  /** Casts array filters, and finds out when some are missing. */
  toArrayFilters: (
    update: object,
    arrayFilters: readonly object[] | undefined,
  ) => mongo.Document[] | undefined;
  /** The update that puts `document` in the place of the one with this `_id`. */
  toReplacement: (id: unknown, document: object) => mongo.Document[];
  /** The field with the time of a soft deletion, where there is one. */
  deletedPath?: string | undefined;
  /** For schemas that only Mongoose can write: does one operation by itself. Used in place of all others where present. */
  runOne?:
    ((operation: BulkOperation<unknown>, options: OperationOptions) => Promise<ItemResult>) | undefined;
}
