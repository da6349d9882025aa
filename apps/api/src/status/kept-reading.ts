import {
  DatabaseTimeoutError,
  DatabaseUnavailableError,
  NotPermittedError,
  toDatabaseError,
} from '#database';
import { Logger } from '@nestjs/common';

/** What was read last, and how it stands. */
export interface Reading<T> {
  /** `null` until the first read has succeeded. */
  value: T | null;
  /** Age of `value`, in milliseconds. */
  ageMs: number | null;
  /** Why `value` is not newer, in one sentence without host or secret; `null` while it is fresh. */
  problem: string | null;
}

/** Longest time for one read, in milliseconds. */
const DEADLINE_MS = 2_500;
/** Longest time that {@link KeptReading.get} waits for a read, in milliseconds. */
const WAIT_MS = 600;

/**
 * Something of the database that is read when somebody asks, and then kept: any number of callers cost one read an interval, and
 * none of them waits for a database that does not answer.
 */
export class KeptReading<T> {
  private readonly logger = new Logger(KeptReading.name);
  private last: { value: T; at: number } | null = null;
  private problem: string | null = null;
  private flight: Promise<void> | null = null;

  /**
   * @param read - Asked with a signal that ends it at the deadline
   * @param freshMs - How long a value counts as new
   */
  constructor(
    private readonly read: (signal: AbortSignal) => Promise<T>,
    private readonly freshMs: number,
  ) {}

  /**
   * The value, read anew when it is old. Never throws, and answers within {@link WAIT_MS}, if need be with the old value.
   *
   * @param obstacle - Why it is of no use to ask now
   */
  async get(obstacle: string | null): Promise<Reading<T>> {
    if (obstacle !== null) return this.describe(obstacle);
    if (this.ageMs !== null && this.ageMs < this.freshMs) return this.describe(null);
    this.flight ??= this.refresh();
    const isDone = await within(this.flight, WAIT_MS);
    return this.describe(isDone ? this.problem : 'the server has not answered yet');
  }

  private get ageMs(): number | null {
    return this.last === null ? null : performance.now() - this.last.at;
  }

  private describe(problem: string | null): Reading<T> {
    const { ageMs } = this;
    return { value: this.last?.value ?? null, ageMs: ageMs === null ? null : Math.round(ageMs), problem };
  }

  private async refresh(): Promise<void> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(new DatabaseUnavailableError('no-answer')), DEADLINE_MS);
    try {
      const value = await this.read(deadline.signal);
      this.last = { value, at: performance.now() };
      this.problem = null;
    } catch (error) {
      this.problem = this.sentenceOf(toDatabaseError(error));
    } finally {
      clearTimeout(timer);
      this.flight = null;
    }
  }

  private sentenceOf(error: unknown): string {
    if (error instanceof DatabaseUnavailableError || error instanceof NotPermittedError)
      return error.sentence;
    if (error instanceof DatabaseTimeoutError) return 'the server took too long';
    this.logger.error({ err: error, msg: 'A part of the status page could not be read' });
    return 'it could not be read, see the log';
  }
}

/** Whether `promise`, which does not fail, is settled in time. */
async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
