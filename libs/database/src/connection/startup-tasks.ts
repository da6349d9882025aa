import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DatabaseUnavailableError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';

/** Something that has to be in the database before the application is ready, such as a collection or an index. */
export interface StartupTask {
  /** For logs, as in "create the collection of test documents". */
  name: string;
  /** Safe to repeat, also by several instances at once. */
  run: () => Promise<void>;
}

const RETRY_MS = { first: 250, last: 5_000 };

/**
 * Runs each task until it has succeeded once, in order. While no server can be used the first one waits, and the others behind it; a
 * task that fails by itself is passed over until the next round.
 */
export class StartupTasks {
  private readonly logger = new Logger(StartupTasks.name);
  private readonly waiting = new Set<StartupTask>();
  private readonly causes = new WeakMap<StartupTask, string>();
  private running = false;
  private hasBegun = false;

  constructor(private readonly signal: AbortSignal) {}

  get areDone(): boolean {
    return this.hasBegun && this.waiting.size === 0;
  }

  add(task: StartupTask): void {
    this.waiting.add(task);
    if (this.hasBegun) void this.run();
  }

  async run(): Promise<void> {
    this.hasBegun = true;
    if (this.running) return;
    this.running = true;
    await this.runRound();
    for (let waitMs = RETRY_MS.first; !this.areDone; waitMs = Math.min(RETRY_MS.last, waitMs * 2)) {
      await sleep(waitMs, undefined, { signal: this.signal }).catch(() => undefined);
      if (this.signal.aborted) break;
      await this.runRound();
    }
    this.running = false;
  }

  /** Tasks that are added meanwhile have their turn as well. */
  private async runRound(): Promise<void> {
    for (const task of this.waiting) {
      if (this.signal.aborted) return;
      try {
        await task.run();
        this.waiting.delete(task);
      } catch (error) {
        const named = toDatabaseError(error);
        this.report(task, named);
        if (named instanceof DatabaseUnavailableError) return;
      }
    }
  }

  /** Says a cause once, not at every attempt. */
  private report(task: StartupTask, error: unknown): void {
    const cause = Error.isError(error) ? error.message : String(error);
    if (cause === this.causes.get(task)) return;
    this.causes.set(task, cause);
    this.logger.warn(`Start-up task "${task.name}" failed and is tried again: ${cause}`);
  }
}
