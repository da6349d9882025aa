import type { mongo } from 'mongoose';
import type { DriverOptions } from '../repository/operation-options.ts';

/** An item that shares a command with others. */
export interface CommandItem {
  /** Place in the input. */
  index: number;
  /** Those of one command are of one group; the driver sends none again that changes many documents. */
  group:
    'deleteMany' | 'deleteOne' | 'insert' | 'softDeleteMany' | 'softDeleteOne' | 'updateMany' | 'updateOne';
  operation: mongo.AnyBulkWriteOperation;
  /** `_id`, for inserts. */
  id?: unknown;
}

/** What is known of an item after it was added. */
export type SentItem = Pick<CommandItem, 'id' | 'index'>;

/** Operations of one group that go to the server as exactly one command, so that its answer is about all of them. */
export interface Command {
  readonly group: CommandItem['group'];
  readonly size: number;
  /** Whether it is large enough to be sent. */
  readonly isFull: boolean;
  /**
   * Adds an item, unless the command would be too large with it.
   *
   * @returns Whether it was added
   * @throws What the driver has against a document that BSON cannot hold
   */
  add(item: CommandItem): boolean;
  /** To be called once. */
  execute(): Promise<mongo.BulkWriteResult>;
  /** In the order in which they were added. */
  items(): SentItem[];
  /** Two smaller ones with the same items. */
  halves(): Command[];
}

/** Where and how commands are sent. */
export interface CommandTarget {
  collection: mongo.Collection;
  isOrdered: boolean;
  driverOptions: DriverOptions;
}

/** The server takes 48 MB at once; less keeps the memory and the time of one command small. */
export const MAX_BYTES = 8 * 1_048_576;

export type Bulk = mongo.OrderedBulkOperation | mongo.UnorderedBulkOperation;

export function newBulk({ collection, isOrdered, driverOptions }: CommandTarget): Bulk {
  return isOrdered
    ? collection.initializeOrderedBulkOp(driverOptions)
    : collection.initializeUnorderedBulkOp(driverOptions);
}
