import type { mongo, SortOrder } from 'mongoose';
import { currentSession } from '../transactions/transaction.ts';

/** A document as it is read back: plain, with its `_id`. */
export type Stored<T> = T & { _id: mongo.ObjectId };

/** What every operation takes. */
export interface OperationOptions {
  /** Of the driver; inside `transactions.run` the session of the transaction unless another is given. */
  session?: mongo.ClientSession;
  /** Ends the wait for the answer. */
  signal?: AbortSignal;
  /** Longest time that the server may work on it, in milliseconds; the configured one unless given. */
  maxTimeMs?: number;
  /** Shows in the server's log and in `currentOp`. */
  comment?: string;
}

export interface FindOptions extends OperationOptions {
  /** Documents at most; 100 unless given. */
  limit?: number;
  /** Field names with 1 or -1, as in `{ createdAt: -1 }`. */
  sort?: Record<string, SortOrder>;
}

export interface ConditionalOptions extends OperationOptions {
  /** Only when the document still has this version. */
  expectedVersion?: number;
}

export interface ManyOptions extends OperationOptions {
  /** Needed for a filter that matches every document. */
  all?: boolean;
}

interface DriverOptions {
  maxTimeMS: number;
  session?: mongo.ClientSession;
  signal?: AbortSignal;
  comment?: string;
}

/** @param defaultMaxTimeMs - Where the call names none */
export function toDriverOptions(options: OperationOptions, defaultMaxTimeMs: number): DriverOptions {
  const { session = currentSession(), signal, maxTimeMs = defaultMaxTimeMs, comment } = options;
  const driver: DriverOptions = { maxTimeMS: maxTimeMs };
  if (session) driver.session = session;
  if (signal) driver.signal = signal;
  if (comment !== undefined) driver.comment = comment;
  return driver;
}

/** Whether a read may be joined with those of others. */
export function isPlain({ session, signal, maxTimeMs, comment }: OperationOptions): boolean {
  const isBare =
    session === undefined && signal === undefined && maxTimeMs === undefined && comment === undefined;
  return isBare && currentSession() === undefined;
}
