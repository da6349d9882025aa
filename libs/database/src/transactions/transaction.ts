import { AsyncLocalStorage } from 'node:async_hooks';
import type { mongo } from 'mongoose';
import { TransactionEndedError } from './transaction-ended.error.ts';

/** Something to do once the writes are there for everybody, such as sending a mail. */
export type AfterCommit = () => Promise<void> | void;

/** One attempt at a transaction, as its function sees it. */
export class Transaction {
  /** For calls on the driver itself; `undefined` where the function runs without a transaction. */
  readonly session: mongo.ClientSession | undefined;
  /** From 1; higher after a retry. */
  readonly attempt: number;
  /** Whose session it is. */
  readonly client: mongo.MongoClient;
  readonly #hooks: AfterCommit[] = [];
  #hasEnded = false;
  #failure: { error: unknown } | undefined;

  constructor(
    client: mongo.MongoClient,
    { session, attempt }: { session?: mongo.ClientSession; attempt: number },
  ) {
    this.client = client;
    this.session = session;
    this.attempt = attempt;
  }

  /** The hooks of this attempt in the order in which they were added. */
  get hooks(): readonly AfterCommit[] {
    return this.#hooks;
  }

  /** Whether calls that start now would miss it. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @throws What {@link doom} was given */
  throwIfDoomed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /**
   * Runs `hook` once after the successful commit, outside of the transaction and in the order of the calls; not at all when the
   * transaction is undone. An error in a hook is logged and undoes nothing.
   *
   * @throws {@link TransactionEndedError} When it is too late
   */
  afterCommit(hook: AfterCommit): void {
    if (this.#hasEnded) throw new TransactionEndedError();
    this.#hooks.push(hook);
  }

  /** It cannot be committed any more: a part of it has failed, and MongoDB has no savepoints to go back to. */
  doom(error: unknown): void {
    this.#failure ??= { error };
  }

  /** Runs `fn` so that {@link currentTransaction} is this one in everything that it calls. */
  async enter<R>(fn: (transaction: Transaction) => Promise<R>): Promise<R> {
    try {
      return await storage.run(this, () => fn(this));
    } finally {
      this.#hasEnded = true;
    }
  }
}

const storage = new AsyncLocalStorage<Transaction>();

/** The transaction that this call is part of. */
export function currentTransaction(): Transaction | undefined {
  return storage.getStore();
}

/**
 * The session to give to the driver, so that a call takes part in the transaction around it.
 *
 * @returns `undefined` outside of transactions
 * @throws {@link TransactionEndedError} In a call that was not awaited and outlived its transaction
 */
export function currentSession(): mongo.ClientSession | undefined {
  const transaction = storage.getStore();
  if (transaction?.session && transaction.hasEnded) throw new TransactionEndedError();
  return transaction?.session;
}

/** Runs `fn` as if there were no transaction: for what has to stay when it is undone, and for what outlives it, such as a timer. */
export function outsideTransaction<R>(fn: () => R): R {
  return storage.exit(fn);
}
