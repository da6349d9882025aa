import { setTimeout as sleep } from 'node:timers/promises';

/** The figures of the drivers' specification "Convenient API for Transactions". */
const BACKOFF_MS = { first: 5, growth: 1.5, last: 500 };
const DEADLINE_MS = 120_000;

/** How long a transaction may be tried again. */
export interface RetryLimits {
  /** No attempt and no commit begins later than this after the start, in milliseconds; 120,000 unless given. */
  deadlineMs?: number;
  /** How often the function may run; as often as the deadline allows unless given. */
  maxAttempts?: number;
  /** Ends the transaction: it is undone unless its commit is under way already, which is then not repeated. */
  signal?: AbortSignal;
}

/** When another try is allowed, and the pause before it. */
export class RetryBudget {
  readonly #endsAt: number;
  readonly #maxAttempts: number;
  readonly #signal: AbortSignal | undefined;

  constructor({ deadlineMs = DEADLINE_MS, maxAttempts = Infinity, signal }: RetryLimits) {
    this.#endsAt = performance.now() + deadlineMs;
    this.#maxAttempts = maxAttempts;
    this.#signal = signal;
  }

  /** @returns Whether the function may run again after `attempt` runs, once the pause is over */
  async waitForAttempt(attempt: number): Promise<boolean> {
    return attempt < this.#maxAttempts && this.waitForCommit(attempt);
  }

  /** @returns Whether the commit may be sent again after `commits` times, once the pause is over */
  async waitForCommit(commits: number): Promise<boolean> {
    const { first, growth, last } = BACKOFF_MS;
    const pauseMs = Math.random() * Math.min(first * growth ** commits, last);
    if (performance.now() + pauseMs >= this.#endsAt) return false;
    await sleep(pauseMs, undefined, { ...(this.#signal && { signal: this.#signal }) }).catch(() => undefined);
    return !this.#signal?.aborted;
  }
}
