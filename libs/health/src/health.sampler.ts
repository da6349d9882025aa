import { healthConfig, type HealthConfig } from '#config';
import {
  DatabaseConnection,
  DatabaseUnavailableError,
  NotPermittedError,
  type UnavailableReason,
} from '#database';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

/** What is known of the database now. */
export interface DatabaseHealth {
  isConnected: boolean;
  /** One sentence without host, user or secret. */
  message: string;
  /** Time since the last check ended, in milliseconds; `null` before the first. */
  ageMs: number | null;
  /** How long the last successful check took, in milliseconds; `null` before the first. */
  latencyMs: number | null;
}

type Cause = DatabaseUnavailableError | NotPermittedError;

/** A single check may end so without an outage, for example when a proxy drops the one connection it was on. */
const LATE_REASONS: readonly UnavailableReason[] = ['no-answer', 'connection-lost'];

/** Pause after a failed check, in milliseconds: a recovery is to be seen soon. */
const RETRY_MS = 250;

/**
 * Checks the database in the background, one check at a time and each aborted at its deadline, so that a probe costs a field read
 * and a hung server gathers no queue of pings. A change that the driver's monitors see starts a check at once.
 *
 * One late answer is not an outage: the first command on a new connection takes several round trips. While a server is known, the
 * database counts as down only when no check has succeeded for one interval and one and a half timeouts, and a check may take as long
 * as is left of that.
 */
@Injectable()
export class HealthSampler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(HealthSampler.name);
  private readonly startedAt = performance.now();
  private lastSuccessAt: number | null = null;
  private lastCheckAt: number | null = null;
  private latencyMs: number | null = null;
  /** Why the last check failed; `null` after a success. */
  private cause: Cause | null = new DatabaseUnavailableError('connecting');
  private wasConnected: boolean | null = null;
  private hasStarted = false;
  private isStopped = false;
  private inFlight: AbortController | null = null;
  private wake: () => void = () => undefined;

  constructor(
    private readonly connection: DatabaseConnection,
    @Inject(healthConfig.KEY) private readonly config: HealthConfig,
  ) {}

  /** The last sample and its age; asks nobody. */
  read(): DatabaseHealth {
    const now = performance.now();
    const isConnected = this.isConnectedAt(now);
    return {
      isConnected,
      message: isConnected ? 'MongoDB connection successful' : `MongoDB connection failed: ${this.sentence}`,
      ageMs: this.lastCheckAt === null ? null : Math.round(now - this.lastCheckAt),
      latencyMs: this.latencyMs,
    };
  }

  /** True from the first successful check after every start-up task on; never false again. */
  get isStarted(): boolean {
    this.hasStarted ||= this.connection.isStarted && this.isConnectedAt(performance.now());
    return this.hasStarted;
  }

  onApplicationBootstrap(): void {
    this.connection.client.on('topologyDescriptionChanged', this.onTopologyChange);
    void this.connection.whenSettled().then(() => this.wake());
    void this.run();
  }

  onApplicationShutdown(): void {
    this.isStopped = true;
    this.connection.client.off('topologyDescriptionChanged', this.onTopologyChange);
    this.inFlight?.abort();
    this.wake();
  }

  private get sentence(): string {
    return (this.cause ?? new DatabaseUnavailableError('no-answer')).sentence;
  }

  private isConnectedAt(now: number): boolean {
    if (this.lastSuccessAt === null) return false;
    if (this.cause !== null && !mayBeALateAnswer(this.cause)) return false;
    return now < this.lateAt;
  }

  /** From when on a server that is known, and has not answered, counts as down. */
  private get lateAt(): number {
    return (this.lastSuccessAt ?? -Infinity) + this.config.intervalMs + 1.5 * this.config.timeoutMs;
  }

  private readonly onTopologyChange = (): void => this.wake();

  private async run(): Promise<void> {
    while (!this.isStopped) {
      await this.sample();
      this.report();
      // Kept also while nobody asks: an outage right after the start must not make it look unfinished.
      void this.isStarted;
      await this.pause(this.cause === null ? this.config.intervalMs : RETRY_MS);
    }
  }

  private async sample(): Promise<void> {
    const startedAt = performance.now();
    const abort = new AbortController();
    // A server that is known may take what is left until it counts as down; where there is none, it is down now.
    let timer = setTimeout(() => {
      const leftMs = this.connection.hasWritableServer ? this.lateAt - performance.now() : 0;
      timer = setTimeout(() => abort.abort(), Math.max(0, leftMs));
    }, this.config.timeoutMs);
    this.inFlight = abort;
    try {
      await this.connection.check(abort.signal);
      this.lastSuccessAt = performance.now();
      this.latencyMs = Math.round((this.lastSuccessAt - startedAt) * 100) / 100;
      this.cause = null;
    } catch (error) {
      this.cause = isCause(error) ? error : new DatabaseUnavailableError('no-answer', error);
    } finally {
      clearTimeout(timer);
      this.inFlight = null;
      this.lastCheckAt = performance.now();
    }
  }

  /** Sleeps until the time is over or something changes. */
  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = () => undefined;
  }

  /** One line at each change, none while it lasts. */
  private report(): void {
    const isConnected = this.isConnectedAt(performance.now());
    if (isConnected === this.wasConnected) return;
    // The first seconds of a start are no news.
    if (this.wasConnected === null && !isConnected && performance.now() - this.startedAt < 1_000) return;
    this.wasConnected = isConnected;
    if (isConnected) this.logger.log('MongoDB is available');
    else this.logger.error(`MongoDB is not available: ${this.sentence}`);
  }
}

function mayBeALateAnswer(cause: Cause): boolean {
  return cause instanceof DatabaseUnavailableError && LATE_REASONS.includes(cause.reason);
}

function isCause(error: unknown): error is Cause {
  return error instanceof DatabaseUnavailableError || error instanceof NotPermittedError;
}
