import { toDatabaseError } from '../errors/to-database-error.ts';
import type { ItemResult } from './bulk-report.ts';
import type { BulkRun } from './bulk-run.ts';
import type { Command, CommandItem, CommandTarget } from './command.ts';
import { InsertCommand, SpareBytes } from './insert-command.ts';
import { OperationCommand } from './operation-command.ts';

/** An item that has a call of its own. */
export interface SingleItem {
  /** Place in the input. */
  index: number;
  run: () => Promise<ItemResult>;
}

/** An item that cannot be sent. */
export interface FailedItem {
  index: number;
  error: unknown;
}

/** Makes of an input what can be sent; throws a `DatabaseError` when it is refused. */
export type Prepare<I> = (input: I, index: number) => CommandItem | SingleItem;

/** What is sent in one go. */
export type Parcel = Command | FailedItem | SingleItem;

const NOTHING: readonly Parcel[] = [];
/** Items in one command. */
const DEFAULT_CHUNK_SIZE = 2_500;

/** Gathers items until there are enough of them for a command. */
export class Packer<I> {
  readonly #run: BulkRun;
  readonly #prepare: Prepare<I>;
  readonly #target: CommandTarget;
  readonly #chunkSize: number;
  readonly #spare = new SpareBytes();
  readonly #open = new Map<CommandItem['group'], Command>();

  /** @throws {RangeError} When `chunkSize` is no whole number from 1 */
  constructor(
    run: BulkRun,
    {
      target,
      prepare,
      chunkSize = DEFAULT_CHUNK_SIZE,
    }: { target: CommandTarget; prepare: Prepare<I>; chunkSize?: number | undefined },
  ) {
    if (!Number.isSafeInteger(chunkSize) || chunkSize < 1)
      throw new RangeError('chunkSize must be a whole number from 1');
    this.#run = run;
    this.#prepare = prepare;
    this.#target = target;
    this.#chunkSize = chunkSize;
  }

  /**
   * Reads the input at the pace at which parcels are taken.
   *
   * @returns Parcels in the order of the input where the write is ordered
   */
  async *pack(inputs: AsyncIterable<I> | Iterable<I>): AsyncGenerator<Parcel, void, undefined> {
    // Without a turn of the event loop for each item where none is needed.
    if (Symbol.asyncIterator in inputs) {
      for await (const input of inputs) {
        if (this.#run.hasStopped) return;
        for (const parcel of this.#add(input)) yield parcel;
      }
    } else {
      for (const input of inputs) {
        if (this.#run.hasStopped) return;
        for (const parcel of this.#add(input)) yield parcel;
      }
    }
    for (const parcel of this.#closeAll()) yield parcel;
  }

  #add(input: I): readonly Parcel[] {
    const { report, isOrdered } = this.#run;
    const index = report.read;
    report.read += 1;
    try {
      const item = this.#prepare(input, index);
      if ('operation' in item) return this.#addToCommand(item);
      return isOrdered ? [...this.#closeAll(), item] : [item];
    } catch (error) {
      const failed = { index, error: toDatabaseError(error) };
      if (isOrdered) return [...this.#closeAll(), failed];
      this.#run.fail(index, failed.error);
      return [];
    }
  }

  #addToCommand(item: CommandItem): readonly Parcel[] {
    const { group } = item;
    const open = this.#open.get(group);
    let command = open ?? this.#newCommand(group);
    // Before anything else changes, since it throws for what cannot be serialized.
    const fits = command.add(item);
    // Nearly always.
    if (fits && open && !open.isFull && open.size < this.#chunkSize) return NOTHING;
    const closed = this.#run.isOrdered && !this.#open.has(group) ? this.#closeAll() : [];
    if (!fits) {
      closed.push(command);
      command = this.#newCommand(group);
      command.add(item);
    }
    const isFull = command.isFull || command.size >= this.#chunkSize;
    if (isFull) this.#open.delete(group);
    else this.#open.set(group, command);
    return isFull ? [...closed, command] : closed;
  }

  #newCommand(group: CommandItem['group']): Command {
    const insert = group === 'insert' ? InsertCommand.create(this.#target, this.#spare) : undefined;
    return insert ?? new OperationCommand(this.#target, group);
  }

  #closeAll(): Command[] {
    const closed = [...this.#open.values()];
    this.#open.clear();
    return closed;
  }
}
