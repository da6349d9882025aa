import { databaseConfig, type DatabaseConfig } from '#config';
import { DatabaseConnection, type PoolStatistics } from '#database';
import { TestDocumentRepository } from '#diagnostics';
import { HealthService, type DatabaseHealth } from '#health';
import { Inject, Injectable } from '@nestjs/common';
import { readCollectionSizes, type CollectionSizes } from './collection-sizes.ts';
import { CommandLatency, type CommandLatencies } from './command-latency.ts';
import { HealthHistory, type HealthTrace } from './health-history.ts';
import { KeptReading, type Reading } from './kept-reading.ts';
import { TopologyView, type Topology } from './topology-view.ts';

/** Everything that the status page shows. Times are ISO 8601. */
export interface StatusReport {
  /** When this was put together. */
  at: string;
  service: { startedAt: string; nodeVersion: string };
  health: DatabaseHealth & {
    /** Since when it is connected, or is not. */
    since: string | null;
    trace: HealthTrace;
  };
  database: Topology & { name: string; version: Reading<string> };
  /** `limit`: most connections to one server. */
  pool: PoolStatistics & { limit: number };
  commands: CommandLatencies;
  collections: Reading<CollectionSizes>;
  testDocuments: Reading<TestDocuments>;
}

export interface TestDocuments {
  /** When it was read. */
  at: string;
  /** Newest first, at most ten. */
  recent: { id: string; message: string; createdAt: string }[];
  count: number;
}

const RECENT_LIMIT = 10;
const VERSION_FRESH_MS = 10_000;
const COLLECTIONS_FRESH_MS = 10_000;
const DOCUMENTS_FRESH_MS = 1_000;

/** Puts together what is known. Asks the database only for what is not known already, and only while somebody looks. */
@Injectable()
export class StatusService {
  private readonly startedAt = new Date(Date.now() - process.uptime() * 1_000);
  private readonly version = new KeptReading(async (signal) => this.readVersion(signal), VERSION_FRESH_MS);
  private readonly collections = new KeptReading(
    async (signal) =>
      readCollectionSizes(this.connection.db, { signal, maxTimeMS: this.connection.maxTimeMs }),
    COLLECTIONS_FRESH_MS,
  );
  private readonly testDocuments = new KeptReading(async () => this.readTestDocuments(), DOCUMENTS_FRESH_MS);

  constructor(
    private readonly connection: DatabaseConnection,
    private readonly health: HealthService,
    private readonly history: HealthHistory,
    private readonly topology: TopologyView,
    private readonly latency: CommandLatency,
    private readonly documents: TestDocumentRepository,
    @Inject(databaseConfig.KEY) private readonly config: DatabaseConfig,
  ) {}

  /** Never throws for a fault of the database, and takes less than a second without it. */
  async read(): Promise<StatusReport> {
    const health = this.health.database;
    const obstacle = health.isConnected ? null : 'the database is not connected';
    const [version, collections, testDocuments, commands] = await Promise.all([
      this.version.get(obstacle),
      this.collections.get(obstacle),
      this.testDocuments.get(obstacle),
      this.latency.read(),
    ]);
    const { trace, since } = this.history;
    return {
      at: new Date().toISOString(),
      service: { startedAt: this.startedAt.toISOString(), nodeVersion: process.version },
      health: { ...health, since: since?.toISOString() ?? null, trace },
      database: { name: this.config.database, ...this.topology.read(), version },
      pool: { ...this.connection.pool, limit: this.config.maxPoolSize },
      commands,
      collections,
      testDocuments,
    };
  }

  private async readVersion(signal: AbortSignal): Promise<string> {
    const { db, maxTimeMs } = this.connection;
    const { version } = await db.command({ buildInfo: 1, maxTimeMS: maxTimeMs }, { signal });
    return String(version);
  }

  private async readTestDocuments(): Promise<TestDocuments> {
    const at = new Date().toISOString();
    const [documents, count] = await Promise.all([
      this.documents.findNewest(RECENT_LIMIT),
      this.documents.estimatedCount(),
    ]);
    const recent = documents.map(({ _id, message, createdAt }) => ({
      id: _id.toHexString(),
      message,
      createdAt: createdAt.toISOString(),
    }));
    // The server's own figure may lag behind after a crash.
    return { at, recent, count: Math.max(count, recent.length) };
  }
}
