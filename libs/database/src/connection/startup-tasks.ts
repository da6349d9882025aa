import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { toDatabaseError } from '../errors/to-database-error.ts';

/** Something that has to be in the database before the application is ready, such as a collection or an index. */
export interface StartupTask {
  /** For logs, as in "create the collection of test documents". */
  name: string;
  /** Safe to repeat, also by several instances at once. */
  run: () => Promise<void>;
}

const RETRY_MS = { first: 250, last: 5_000 };

/** Runs each task until it has succeeded once, in order. */
export class StartupTasks {
  private readonly logger = new Logger(StartupTasks.name);
  private readonly waiting: StartupTask[] = [];
  private running = false;
  private hasBegun = false;

  constructor(private readonly signal: AbortSignal) {}

  get areDone(): boolean {
    return this.hasBegun && this.waiting.length === 0;
  }

  add(task: StartupTask): void {
    this.waiting.push(task);
    if (this.hasBegun) void this.run();
  }

  async run(): Promise<void> {
    this.hasBegun = true;
    if (this.running) return;
    this.running = true;
    for (let task = this.waiting[0]; task !== undefined && !this.signal.aborted; task = this.waiting[0]) {
      await this.runUntilDone(task);
      this.waiting.shift();
    }
    this.running = false;
  }

  private async runUntilDone(task: StartupTask): Promise<void> {
    for (let waitMs = RETRY_MS.first; !this.signal.aborted; waitMs = Math.min(RETRY_MS.last, waitMs * 2)) {
      try {
        await task.run();
        return;
      } catch (error) {
        const named = toDatabaseError(error);
        const cause = Error.isError(named) ? named.message : String(named);
        this.logger.warn(`Start-up task "${task.name}" failed and is tried again: ${cause}`);
      }
      await sleep(waitMs, undefined, { signal: this.signal }).catch(() => undefined);
    }
  }
}
