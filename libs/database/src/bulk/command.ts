import { mongo } from 'mongoose';
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

/** Where and how commands are sent. */
export interface CommandTarget {
  collection: mongo.Collection;
  isOrdered: boolean;
  driverOptions: DriverOptions;
}

/** The server takes 48 MB at once; less keeps the memory and the time of one command small. */
const MAX_BYTES = 8 * 1_048_576;

/** Operations that go to the server as exactly one command, so that its answer is about all of them. */
export class Command {
  readonly items: CommandItem[];
  readonly #target: CommandTarget;
  #bulk: mongo.OrderedBulkOperation | mongo.UnorderedBulkOperation;
  #sizeBytes = 0;

  constructor(target: CommandTarget, items: readonly CommandItem[] = []) {
    this.#target = target;
    this.#bulk = this.#build(items);
    this.items = [...items];
  }

  /** Whether it is large enough to be sent. */
  get isFull(): boolean {
    return this.#sizeBytes >= MAX_BYTES;
  }

  /**
   * Adds an item, unless the command would be too large with it.
   *
   * @returns Whether it was added
   * @throws What the driver has against a document that BSON cannot hold
   */
  add(item: CommandItem): boolean {
    // Serializes it at once; what is sent later is these bytes.
    this.#bulk.raw(item.operation);
    const [batch, second] = this.#bulk.batches;
    if (second) {
      this.#bulk = this.#build(this.items);
      return false;
    }
    this.items.push(item);
    // With automatic encryption the driver keeps no bytes.
    const bytes = batch?.serializedOperations.at(-1)?.byteLength;
    this.#sizeBytes += bytes ?? mongo.BSON.calculateObjectSize(item.operation);
    return true;
  }

  /** To be called once. */
  async execute(): Promise<mongo.BulkWriteResult> {
    return this.#bulk.execute(this.#target.driverOptions);
  }

  /** Two smaller ones with the same items. */
  halves(): Command[] {
    const middle = Math.ceil(this.items.length / 2);
    const parts = [this.items.slice(0, middle), this.items.slice(middle)];
    return parts.map((items) => new Command(this.#target, items));
  }

  #build(items: readonly CommandItem[]): mongo.OrderedBulkOperation | mongo.UnorderedBulkOperation {
    const { collection, isOrdered, driverOptions } = this.#target;
    const bulk = isOrdered
      ? collection.initializeOrderedBulkOp(driverOptions)
      : collection.initializeUnorderedBulkOp(driverOptions);
    for (const { operation } of items) bulk.raw(operation);
    return bulk;
  }
}
