import { Injectable, Logger } from '@nestjs/common';
import type { mongo } from 'mongoose';
import { DatabaseConnection } from '../connection/database-connection.ts';
import { DatabaseUnavailableError, TransactionUnsupportedError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { RetryBudget, type RetryLimits } from './retry-budget.ts';
import { isTransient, outcomeOfCommit } from './transaction-failure.ts';
import { currentTransaction, Transaction } from './transaction.ts';

export interface TransactionOptions extends RetryLimits {
  /** What to do on a server without transactions: throw (the default), or run the function without one and log a warning. */
  onStandalone?: 'refuse' | 'proceed';
}

/**
 * Runs functions as transactions: what they write is there as a whole or not at all.
 *
 * Repositories and the document store find the session of the transaction around them by themselves. Inside a transaction run one
 * operation after the other: MongoDB does not support parallel ones, so no `Promise.all`. Let errors of the database through: after
 * one the server has undone the transaction, and swallowing it only makes the whole run again until the deadline.
 *
 * @see https://www.mongodb.com/docs/manual/core/transactions-operations/ (what is allowed inside; an estimated count is not)
 */
@Injectable()
export class Transactions {
  private readonly logger = new Logger(Transactions.name);
  private isSupported = false;
  private hasWarned = false;

  constructor(private readonly connection: DatabaseConnection) {}

  /**
   * Runs `fn` in a transaction and commits it. After a conflict or a failover all of `fn` runs again in a fresh transaction, so what
   * it does outside of MongoDB belongs into `afterCommit`. Inside another `run` it joins: if it fails, the outer one fails with it.
   *
   * @param fn - Gets the transaction, for hooks and for calls on the driver itself
   * @returns What `fn` returns, after the hooks have run
   * @throws {@link TransactionUnsupportedError} Before `fn` runs, on a standalone server
   * @throws {@link DatabaseUnavailableError} With reason `not-confirmed` when the outcome of the commit stayed unknown
   * @throws The error of `fn`, named by `toDatabaseError`, or that of the signal; nothing was stored
   * @see https://github.com/mongodb/specifications/blob/master/source/transactions-convenient-api/transactions-convenient-api.md
   */
  async run<R>(fn: (tx: Transaction) => Promise<R>, options: TransactionOptions = {}): Promise<R> {
    const outer = currentTransaction();
    if (outer?.client === this.connection.client && !outer.hasEnded) return join(outer, fn, options);
    options.signal?.throwIfAborted();
    if (!(await this.areSupported(options.signal))) return this.runWithout(fn, options);
    return this.runUntilCommitted(fn, options);
  }

  private async runUntilCommitted<R>(
    fn: (tx: Transaction) => Promise<R>,
    options: TransactionOptions,
  ): Promise<R> {
    const { client } = this.connection;
    const budget = new RetryBudget(options);
    for (let attempt = 1; ; attempt += 1) {
      // A fresh one each time, so that a call that the last attempt left behind cannot reach this one.
      const session = client.startSession();
      const tx = new Transaction(client, { session, attempt });
      try {
        const result = await this.runOnce(session, tx, { fn, budget, options });
        await this.runHooks(tx);
        return result;
      } catch (error) {
        const mayRunAgain = !isUnconfirmed(error) && isTransient(error, attempt);
        if (mayRunAgain && (await budget.waitForAttempt(attempt))) continue;
        const named = toDatabaseError(error);
        if (named instanceof TransactionUnsupportedError) this.isSupported = false;
        throw named;
      } finally {
        await session.endSession();
      }
    }
  }

  private async runOnce<R>(
    session: mongo.ClientSession,
    tx: Transaction,
    {
      fn,
      budget,
      options,
    }: { fn: (tx: Transaction) => Promise<R>; budget: RetryBudget; options: TransactionOptions },
  ): Promise<R> {
    session.startTransaction({
      readPreference: 'primary',
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority' },
      maxCommitTimeMS: this.connection.maxTimeMs,
    });
    try {
      const result = await tx.enter(fn);
      tx.throwIfDoomed();
      options.signal?.throwIfAborted();
      await commit(session, budget);
      return result;
    } catch (error) {
      if (session.inTransaction()) await session.abortTransaction();
      throw error;
    }
  }

  private async runWithout<R>(fn: (tx: Transaction) => Promise<R>, options: TransactionOptions): Promise<R> {
    if (options.onStandalone !== 'proceed') throw new TransactionUnsupportedError();
    if (!this.hasWarned) {
      this.logger.warn(
        'This MongoDB has no transactions (no replica set): running without, nothing is undone',
      );
    }
    this.hasWarned = true;
    const tx = new Transaction(this.connection.client, { attempt: 1 });
    try {
      const result = await tx.enter(fn);
      await this.runHooks(tx);
      return result;
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  private async runHooks({ hooks }: Transaction): Promise<void> {
    for (const hook of hooks) {
      try {
        await hook();
      } catch (error) {
        this.logger.error('A hook after the commit failed; what was committed stays', error);
      }
    }
  }

  /** Asked until it is so: a standalone may come back as a replica set, and the other way round the server itself refuses. */
  private async areSupported(signal: AbortSignal | undefined): Promise<boolean> {
    const { db } = this.connection;
    if (this.isSupported) return true;
    try {
      const hello = await db.admin().command({ hello: 1 }, { ...(signal && { signal }) });
      this.isSupported = hello.setName !== undefined || hello.msg === 'isdbgrid';
    } catch (error) {
      throw toDatabaseError(error);
    }
    return this.isSupported;
  }
}

/** No transaction of its own: MongoDB has no nested ones. */
async function join<R>(
  outer: Transaction,
  fn: (tx: Transaction) => Promise<R>,
  { onStandalone }: TransactionOptions,
): Promise<R> {
  if (!outer.session && onStandalone !== 'proceed') throw new TransactionUnsupportedError();
  try {
    return await fn(outer);
  } catch (error) {
    outer.doom(error);
    throw error;
  }
}

/** From the second time on the driver asks for a majority, whatever the transaction asked for. */
async function commit(session: mongo.ClientSession, budget: RetryBudget): Promise<void> {
  for (let commits = 1; ; commits += 1) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      const outcome = outcomeOfCommit(error);
      if (outcome === 'undone') throw error;
      if (outcome === 'unknown' || !(await budget.waitForCommit(commits))) {
        throw new DatabaseUnavailableError('not-confirmed', error);
      }
    }
  }
}

/** Run again it could be done twice. */
function isUnconfirmed(error: unknown): boolean {
  return error instanceof DatabaseUnavailableError && error.reason === 'not-confirmed';
}
