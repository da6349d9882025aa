import { mongo } from 'mongoose';
import {
  MAX_BYTES,
  newBulk,
  type Bulk,
  type Command,
  type CommandItem,
  type CommandTarget,
} from './command.ts';

/** A command of any group, which keeps its operations until it is sent. */
export class OperationCommand implements Command {
  readonly group: CommandItem['group'];
  readonly #items: CommandItem[];
  readonly #target: CommandTarget;
  #bulk: Bulk;
  #sizeBytes = 0;

  constructor(target: CommandTarget, group: CommandItem['group'], items: readonly CommandItem[] = []) {
    this.#target = target;
    this.group = group;
    this.#items = [...items];
    this.#bulk = this.#build();
  }

  get size(): number {
    return this.#items.length;
  }

  get isFull(): boolean {
    return this.#sizeBytes >= MAX_BYTES;
  }

  add(item: CommandItem): boolean {
    // Serializes it at once; what is sent later is these bytes.
    this.#bulk.raw(item.operation);
    const [batch, second] = this.#bulk.batches;
    if (second) {
      this.#bulk = this.#build();
      return false;
    }
    this.#items.push(item);
    // With automatic encryption the driver keeps no bytes.
    const bytes = batch?.serializedOperations.at(-1)?.byteLength;
    this.#sizeBytes += bytes ?? mongo.BSON.calculateObjectSize(item.operation);
    return true;
  }

  async execute(): Promise<mongo.BulkWriteResult> {
    return this.#bulk.execute(this.#target.driverOptions);
  }

  items(): CommandItem[] {
    return this.#items;
  }

  halves(): Command[] {
    const middle = Math.ceil(this.size / 2);
    const parts = [this.#items.slice(0, middle), this.#items.slice(middle)];
    return parts.map((items) => new OperationCommand(this.#target, this.group, items));
  }

  #build(): Bulk {
    const bulk = newBulk(this.#target);
    for (const { operation } of this.#items) bulk.raw(operation);
    return bulk;
  }
}
