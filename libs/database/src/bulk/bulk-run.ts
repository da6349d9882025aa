import {
  DatabaseError,
  DocumentInvalidError,
  DocumentNotFoundError,
  DuplicateKeyError,
  FilterInvalidError,
  NotPermittedError,
  TransactionUnsupportedError,
  VersionConflictError,
} from '../errors/database.error.ts';
import type { DriverOptions, OperationOptions } from '../repository/operation-options.ts';
import { emptyReport, type BulkReport, type ItemResult, type UnconfirmedItem } from './bulk-report.ts';
import { BulkWriteError } from './bulk-write.error.ts';

/** How a list or a stream of items is written. */
export interface BulkOptions extends OperationOptions {
  /**
   * `true`, the default: one after the other, up to the first item that is refused, which is thrown. `false`: what is refused goes into
   * the report, and everything else is written in any order. In a transaction always `true`, since the first error undoes it.
   */
  ordered?: boolean;
  /** Items in one command at most; 2,500 unless given. Large documents make it fewer. */
  chunkSize?: number;
  /** Whether the report lists the `_id` of every document inserted; unless given it does for arrays, not for streams. */
  keepIds?: boolean;
  /** Called after each command, with the report so far, which goes on changing, and waited for. What it throws ends the write. */
  onProgress?: (report: Readonly<BulkReport>) => Promise<void> | void;
}

/** Errors kept; the count goes on. */
const MAX_ERRORS = 1_000;
/** They concern one item, and the others can do without it. */
const REFUSALS = [
  DocumentInvalidError,
  DocumentNotFoundError,
  DuplicateKeyError,
  FilterInvalidError,
  VersionConflictError,
];
/** The server says so before it begins. */
const NOTHING_DONE = [NotPermittedError, TransactionUnsupportedError];

/** One bulk write under way: its report, and whether and why it has to stop. */
export class BulkRun {
  readonly report = emptyReport();
  readonly isOrdered: boolean;
  readonly driverOptions: DriverOptions;
  /** Fulfilled as soon as nothing more may be sent. */
  readonly stopped: Promise<void>;
  /** Whether the report lists the `_id` of what is inserted. */
  readonly keepsIds: boolean;
  readonly #announceStop: () => void;
  #end: { cause: unknown } | undefined;

  constructor(driverOptions: DriverOptions, { ordered = true, keepIds = false }: BulkOptions) {
    this.driverOptions = driverOptions;
    this.isOrdered = ordered || driverOptions.session?.inTransaction() === true;
    this.keepsIds = keepIds;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.stopped = promise;
    this.#announceStop = resolve;
  }

  get hasStopped(): boolean {
    return this.#end !== undefined;
  }

  /** @throws {@link BulkWriteError} */
  throwIfStopped(): void {
    if (this.#end) throw new BulkWriteError(this.report, this.#end.cause);
  }

  /** The first cause counts. */
  stop(cause: unknown): void {
    this.#end ??= { cause };
    this.#announceStop();
  }

  /** An item that failed before anything of it was sent, or that the server refused by itself. */
  fail(index: number, error: unknown): void {
    if (isRefusal(error)) this.refuse(index, error);
    else this.stop(error);
  }

  refuse(index: number, error: Error): void {
    const { report } = this;
    report.failed += 1;
    if (report.errors.length < MAX_ERRORS) report.errors.push({ index, error });
    if (this.isOrdered) this.stop(error);
  }

  /** What was sent came to nothing, by an error that is not about one of the items. */
  interrupt(items: readonly UnconfirmedItem[], error: unknown): void {
    this.stop(error);
    if (NOTHING_DONE.some((type) => error instanceof type)) return;
    const { unconfirmed } = this.report;
    for (const { index, id } of items) unconfirmed.push(id === undefined ? { index } : { index, id });
  }

  /** Adds what an item or a command has done. */
  count(result: Omit<ItemResult, 'id'>): void {
    const { report } = this;
    report.inserted += result.inserted ?? 0;
    report.matched += result.matched ?? 0;
    report.modified += result.modified ?? 0;
    report.deleted += result.deleted ?? 0;
    report.upserted += result.upserted ?? 0;
  }

  noteInserted(index: number, id: unknown): void {
    if (this.keepsIds) this.report.insertedIds.set(index, id);
  }

  noteUpserted(index: number, id: unknown): void {
    this.report.upsertedIds.set(index, id);
  }
}

/** Whether an error is about one item, and not about the database or the code. */
export function isRefusal(error: unknown): error is DatabaseError {
  return REFUSALS.some((type) => error instanceof type);
}
