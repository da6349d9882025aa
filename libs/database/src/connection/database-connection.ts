import { setTimeout as sleep } from 'node:timers/promises';
import { databaseConfig, type DatabaseConfig } from '#config';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { mongo, Mongoose, type Connection } from 'mongoose';
import { DatabaseUnavailableError, NotPermittedError, type DatabaseError } from '../errors/database.error.ts';
import { toDatabaseError, topologyFailure } from '../errors/to-database-error.ts';
import { failAbandonedWrites } from './abandoned-writes.ts';
import { toClientOptions } from './client-options.ts';
import { hideFromInspection } from './hide-from-inspection.ts';
import { readPoolStatistics, type PoolStatistics } from './pool-statistics.ts';
import { StartupTasks, type StartupTask } from './startup-tasks.ts';

/** Pause after a failed attempt: doubled each time from the first to the last value, and spread by up to a half. */
const BACKOFF_MS = { first: 250, last: 2_000 };
/** How long {@link DatabaseConnection.close} waits for a server that does not answer. */
const CLOSE_TIMEOUT_MS = 1_500;
/** Never created: reading it asks the server whether this user may read the database at all. */
const CHECK_COLLECTION = 'health_check';

const NOT_YET = new DatabaseUnavailableError('connecting');
const WRITABLE_TYPES: readonly string[] = ['Standalone', 'RSPrimary', 'Mongos', 'LoadBalancer'];

/**
 * The one connection of a process: one client, one pool, one Mongoose connection for its whole life.
 *
 * It starts without a database, connects by itself when one appears, and from then on the driver carries it over restarts and
 * failovers. Calls made meanwhile end in {@link DatabaseUnavailableError} within the selection timeout; nothing is buffered.
 */
@Injectable()
export class DatabaseConnection implements OnModuleInit, OnApplicationShutdown {
  /** Mongoose's view of the connection, on which models are registered. Ready to take models before it is connected. */
  readonly mongoose: Connection;
  readonly client: mongo.MongoClient;
  private readonly logger = new Logger(DatabaseConnection.name);
  private readonly closing = new AbortController();
  private readonly tasks = new StartupTasks(this.closing.signal);
  private topology?: mongo.TopologyDescription;
  private failure: DatabaseError = NOT_YET;
  private connecting?: Promise<void>;
  private database: mongo.Db | undefined;
  private hasConnected = false;

  constructor(@Inject(databaseConfig.KEY) private readonly config: DatabaseConfig) {
    failAbandonedWrites();
    this.client = new mongo.MongoClient(config.uri, toClientOptions(config));
    this.client.on('topologyDescriptionChanged', ({ newDescription }) => (this.topology = newDescription));
    // An instance of its own leaves the settings of Mongoose's global one alone.
    const instance = new Mongoose({ autoCreate: false, autoIndex: false, bufferCommands: false });
    this.mongoose = instance.createConnection();
    const summarize = () => ({ database: config.database, isConnected: this.isConnected, pool: this.pool });
    for (const target of [this, this.client, this.mongoose]) hideFromInspection(target, summarize);
  }

  /** Whether a first connection was made and not closed since; the server may be away all the same, see {@link check}. */
  get isConnected(): boolean {
    return this.hasConnected && !this.closing.signal.aborted;
  }

  /** Whether a server that takes writes is known at this moment, as the driver's monitors see it. */
  get hasWritableServer(): boolean {
    const servers = [...(this.topology?.servers.values() ?? [])];
    return servers.some(({ type }) => WRITABLE_TYPES.includes(type));
  }

  /** Whether every start-up task has succeeded once. */
  get isStarted(): boolean {
    return this.isConnected && this.tasks.areDone;
  }

  /** The pool at this moment; zeros before the first attempt to connect. */
  get pool(): PoolStatistics {
    return readPoolStatistics(this.client);
  }

  /** Most connections to one server. */
  get maxPoolSize(): number {
    return this.config.maxPoolSize;
  }

  /** Longest time that the server may work on one operation, in milliseconds. */
  get maxTimeMs(): number {
    return this.config.maxTimeMs;
  }

  /** Longest time that one call may take where it names no time itself, in milliseconds: as long as an election is waited for. */
  get callLimitMs(): number {
    return Math.max(this.config.maxTimeMs, this.config.serverSelectionTimeoutMs);
  }

  /**
   * The configured database.
   *
   * @throws {@link DatabaseUnavailableError} Before the first connection and after {@link close}
   */
  get db(): mongo.Db {
    if (!this.isConnected) throw this.whyNotConnected;
    // The driver makes a new object at each call, and copies its options for it.
    return (this.database ??= this.client.db(this.config.database));
  }

  /**
   * Proves with one round trip that the database can be used: a writable server answers, and this user may read. A `ping` would
   * succeed without credentials, on a secondary, and on a server that can do nothing else.
   *
   * @param signal - Ends the check; without one it takes up to the selection timeout and the time limit of every call
   * @throws {@link DatabaseUnavailableError} Or another {@link DatabaseError} that names the cause
   */
  async check(signal?: AbortSignal): Promise<void> {
    const { db } = this;
    try {
      await db.command(
        { find: CHECK_COLLECTION, limit: 1, singleBatch: true, maxTimeMS: this.maxTimeMs },
        { ...(signal && { signal }) },
      );
    } catch (error) {
      const named = toDatabaseError(error);
      if (!signal?.aborted && isFailure(named)) throw named;
      // Ended while it waited for a server, or for its answer: the monitors know which.
      throw this.hasWritableServer
        ? new DatabaseUnavailableError('no-answer', error)
        : topologyFailure(this.topology, error);
    }
    if (!this.hasWritableServer) throw new DatabaseUnavailableError('no-primary');
  }

  /**
   * Runs `task` once the database can be used, and again with back-off until it succeeds; `isStarted` waits for it. Tasks run one
   * after the other in the order in which they were added, so that a collection is there before its indexes.
   */
  addStartupTask(task: StartupTask): void {
    this.tasks.add(task);
  }

  /** Begins to connect in the background and returns at once. A second call does nothing. */
  start(): void {
    this.connecting ??= this.connectUntilItSucceeds();
  }

  /**
   * Tries once to connect.
   *
   * @throws {@link DatabaseUnavailableError} When no server answers within the selection timeout, or refuses the credentials
   */
  async connect(): Promise<void> {
    try {
      await this.client.connect();
    } catch (error) {
      const named = toDatabaseError(error);
      throw isFailure(named) ? named : new DatabaseUnavailableError('no-answer', error);
    }
    if (this.closing.signal.aborted) throw new DatabaseUnavailableError('closed');
    this.mongoose.setClient(this.client);
    this.hasConnected = true;
    this.logger.log(`Connected to database ${this.config.database}`);
    void this.tasks.run();
  }

  /** Waits for the end of the current attempts: connected, or closed. */
  async whenSettled(): Promise<void> {
    await this.connecting;
  }

  /** Closes the pool; a server that does not answer cannot hold it up. Calls in flight end with an error. */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    const deadline = new AbortController();
    // Closing Mongoose's connection closes the client that it was given.
    const closing = this.hasConnected ? this.mongoose.close() : this.client.close();
    const wait = sleep(CLOSE_TIMEOUT_MS, undefined, { signal: deadline.signal }).catch(() => undefined);
    await Promise.race([closing.finally(() => deadline.abort()), wait]);
  }

  onModuleInit(): void {
    this.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  private get whyNotConnected(): DatabaseError {
    if (this.closing.signal.aborted) return new DatabaseUnavailableError('closed');
    const isFirstAttempt = this.failure === NOT_YET;
    const servers = [...(this.topology?.servers.values() ?? [])];
    // The monitors meet the cause seconds before the attempt is given up.
    return isFirstAttempt && servers.some(({ error }) => error)
      ? topologyFailure(this.topology)
      : this.failure;
  }

  private async connectUntilItSucceeds(): Promise<void> {
    const { signal } = this.closing;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await this.connect();
        return;
      } catch (error) {
        if (!signal.aborted) this.report(error);
      }
      await sleep(backoffMs(attempt), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Says a cause once, not at every attempt. */
  private report(error: unknown): void {
    const failure = isFailure(error) ? error : new DatabaseUnavailableError('no-answer', error);
    if (failure.message !== this.failure.message) {
      this.logger.warn(`MongoDB connection failed: ${failure.message}; trying again until it succeeds`);
    }
    this.failure = failure;
  }
}

function isFailure(error: unknown): error is DatabaseError {
  return error instanceof DatabaseUnavailableError || error instanceof NotPermittedError;
}

function backoffMs(attempt: number): number {
  const full = Math.min(BACKOFF_MS.last, BACKOFF_MS.first * 2 ** attempt);
  return full * (0.5 + Math.random() / 2);
}
