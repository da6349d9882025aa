import type { mongo } from 'mongoose';
import type { PageSort } from '../page/page-sort.ts';
import type { CountedPage } from '../page/read-page.ts';
import { currentSession } from '../transactions/transaction.ts';
import type { Stored } from './document-types.ts';

/** How long after its time limit the answer of the server is waited for, in milliseconds. */
export const GRACE_MS = 500;

/** What every operation takes. */
export interface OperationOptions {
  /** Of the driver; inside `transactions.run` the session of the transaction unless another is given. */
  session?: mongo.ClientSession;
  /** Ends the wait for the answer. */
  signal?: AbortSignal;
  /**
   * Longest time that the server may work on it, in milliseconds; the configured one unless given. The call ends half a second after it
   * also when the server is stuck or cannot be reached, with {@link DatabaseTimeoutError}.
   */
  maxTimeMs?: number;
  /** Shows in the server's log and in `currentOp`. */
  comment?: string;
}

export interface ReadOptions extends OperationOptions {
  /** Also the documents that were deleted softly. */
  withDeleted?: boolean;
  /** Also the fields that the schema marks with `select: false`. */
  withHidden?: boolean;
}

export interface FindOptions extends ReadOptions {
  /** Documents at most; 100 unless given. */
  limit?: number;
  /** Field names with 1 or -1, as in `{ createdAt: -1 }`. */
  sort?: PageSort;
}

export interface PageOptions extends ReadOptions {
  /** Documents at most, from 1; 20 unless given. */
  limit?: number;
  /** By `_id` unless given; `_id` is always the last one. */
  sort?: PageSort;
  /** As a page before gave it out in `next` or `previous`; the first page without. */
  cursor?: string | undefined;
  /** Whether to tell how many documents match: `exact` reads all of them, `estimated` 10,000 at most where there is a filter. */
  count?: 'estimated' | 'exact' | 'none';
  /** What cursors are bound to in place of the filter, when that one changes with each call, as by the time of day. */
  boundTo?: unknown;
}

/** Some documents in order, with the cursors of the pages around them; `total` when a count was asked for. */
export type StoredPage<T> = CountedPage<Stored<T>>;

export interface UpdateOptions extends ReadOptions {
  /** Which elements `$[name]` stands for, as in `[{ 'item.score': trusted({ $lt: 5 }) }]`. */
  arrayFilters?: readonly object[];
}

export interface ConditionalOptions extends ReadOptions {
  /** Only when the document still has this version. */
  expectedVersion?: number;
}

export interface ManyOptions extends ReadOptions {
  /** Needed for a filter that matches every document. */
  all?: boolean;
}

/** What deletes take besides: `permanently` removes the document where the schema deletes softly. */
export interface Permanently {
  permanently?: boolean;
}

/** What came of an upsert. */
export interface Upserted<T> {
  document: Stored<T>;
  isInserted: boolean;
}

/** What the driver is given with every call. */
export interface DriverOptions {
  maxTimeMS: number;
  /** Frees the connection from a server that does not keep to `maxTimeMS`. */
  socketTimeoutMS: number;
  session?: mongo.ClientSession;
  signal?: AbortSignal;
  comment?: string;
  /** That of the schema. */
  collation?: mongo.CollationOptions;
}

/**
 * @param defaultMaxTimeMs - Where the call names none
 * @throws {RangeError} When `maxTimeMs` is no whole number from 1
 */
export function toDriverOptions(options: OperationOptions, defaultMaxTimeMs: number): DriverOptions {
  const { session = currentSession(), signal, maxTimeMs = defaultMaxTimeMs, comment } = options;
  if (!Number.isSafeInteger(maxTimeMs) || maxTimeMs < 1)
    throw new RangeError('maxTimeMs must be a whole number from 1');
  const driver: DriverOptions = { maxTimeMS: maxTimeMs, socketTimeoutMS: maxTimeMs + GRACE_MS };
  if (session) driver.session = session;
  if (signal) driver.signal = signal;
  if (comment !== undefined) driver.comment = comment;
  return driver;
}

/** @throws {RangeError} When it is no whole number from 0; for the server less than 0 and 0 mean something else */
export function checkLimit(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 0) throw new RangeError('limit must be a whole number from 0');
  return limit;
}

/** Whether a read may be joined with those of others: a signal ends one caller's wait only. */
export function isJoinable({ session, maxTimeMs, comment, withHidden }: ReadOptions): boolean {
  const isBare = session === undefined && maxTimeMs === undefined && comment === undefined && !withHidden;
  return isBare && currentSession() === undefined;
}
