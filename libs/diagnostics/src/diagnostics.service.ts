import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseConnection, DatabaseUnavailableError, toDatabaseError, type Stored } from '#database';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { TestDocumentRepository } from './test-document.repository.ts';
import type { TestDocument } from './test-document.schema.ts';

const RECENT_LIMIT = 10;
/** Longest that one test takes, behind two seconds at most for its count, in milliseconds; a step that is under way then is left to the driver's own limits. */
const BUDGET_MS = 3_500;

export interface TestDocumentView {
  id: string;
  message: string;
  /** ISO 8601 with milliseconds. */
  createdAt: string;
}

/** What one test found. After a failure it says as much as was reached. */
export interface TestReport {
  status: 'success' | 'error';
  mongodb: { connected: boolean; message: string };
  inserted: Pick<TestDocumentView, 'id' | 'createdAt'> | null;
  /** Newest first, at most ten. */
  recent: TestDocumentView[];
  /** Test documents in the collection. */
  count: number;
  /** Milliseconds; `null` for a step that was not reached. */
  timingsMs: { insert: number | null; find: number | null };
}

/** Shows that a document can be written and read back. */
@Injectable()
export class DiagnosticsService implements OnModuleInit {
  private readonly logger = new Logger(DiagnosticsService.name);

  constructor(
    private readonly documents: TestDocumentRepository,
    private readonly connection: DatabaseConnection,
  ) {}

  onModuleInit(): void {
    const run = () => this.documents.ensureBounded();
    this.connection.addStartupTask({ name: 'bound the collection of test documents', run });
  }

  /** Whether a test would probably succeed; asks nobody. */
  get isLikelyToSucceed(): boolean {
    return this.connection.isConnected && this.connection.hasWritableServer;
  }

  /** Inserts one test document and reads the newest ones back. Never throws for a fault of the database. */
  async test(): Promise<TestReport> {
    const report = emptyReport();
    const deadline = new AbortController();
    try {
      await Promise.race([this.run(report, deadline.signal), expire(deadline.signal)]);
      report.status = 'success';
      report.mongodb = { connected: true, message: 'MongoDB connection successful' };
      return report;
    } catch (error) {
      return this.toFailure(error, report);
    } finally {
      deadline.abort();
    }
  }

  /**
   * @param error - What ended the test
   * @param report - What was reached before; nothing, when the test did not begin
   */
  toFailure(error: unknown, report: TestReport = emptyReport()): TestReport {
    const named = toDatabaseError(error);
    const isAway = named instanceof DatabaseUnavailableError;
    if (!isAway) this.logger.error({ err: named, msg: 'The MongoDB test failed' });
    const message = isAway
      ? `MongoDB connection failed: ${named.sentence}`
      : 'MongoDB test failed: the document could not be written and read back';
    return { ...report, mongodb: { connected: !isAway, message } };
  }

  private async run(report: TestReport, signal: AbortSignal): Promise<void> {
    // Somebody may have dropped the collection, and an insert would make one without a bound.
    await this.documents.ensureBounded();
    // Who was told that the test failed must not find its document later.
    signal.throwIfAborted();
    const insertedAt = performance.now();
    const document = { message: 'MongoDB test document', createdAt: new Date() };
    const inserted = await this.documents.insert(document, { signal });
    report.timingsMs.insert = millisecondsSince(insertedAt);
    const { id, createdAt } = toView(inserted);
    report.inserted = { id, createdAt };

    const foundAt = performance.now();
    const recent = await this.documents.findNewest(RECENT_LIMIT);
    report.timingsMs.find = millisecondsSince(foundAt);
    report.recent = recent.map(toView);
    report.count = await this.documents.estimatedCount();
  }
}

function emptyReport(): TestReport {
  return {
    status: 'error',
    mongodb: { connected: false, message: '' },
    inserted: null,
    recent: [],
    count: 0,
    timingsMs: { insert: null, find: null },
  };
}

function toView({ _id, message, createdAt }: Stored<TestDocument>): TestDocumentView {
  return { id: _id.toHexString(), message, createdAt: createdAt.toISOString() };
}

function millisecondsSince(start: number): number {
  return Math.round((performance.now() - start) * 100) / 100;
}

async function expire(signal: AbortSignal): Promise<never> {
  await sleep(BUDGET_MS, undefined, { signal });
  throw new DatabaseUnavailableError('no-answer');
}
