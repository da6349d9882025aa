import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { importSqlite } from '../../src/import-sqlite/import-sqlite.ts';
import type { TableMapping } from '../../src/import-sqlite/mapping/mapping.ts';
import type { ImportReport } from '../../src/import-sqlite/report/import-report.ts';
import type { Progress } from '../../src/terminal/progress.ts';
import { silentProgress } from './silent-progress.ts';

/** A database, and a place for a SQLite file that is imported into it. */
export class ImportContext {
  readonly db: mongo.Db;
  /** Path of the SQLite file, which each test makes. */
  readonly file: string;
  readonly #database: TestDatabase;
  readonly #folder: string;

  private constructor(database: TestDatabase, folder: string) {
    this.#database = database;
    this.#folder = folder;
    this.db = database.db;
    this.file = join(folder, 'source.db');
  }

  static async start(): Promise<ImportContext> {
    return new ImportContext(await TestDatabase.start(), await mkdtemp(join(tmpdir(), 'import-sqlite-')));
  }

  async import(
    tables: Record<string, TableMapping>,
    options: { signal?: AbortSignal; progress?: Progress; drop?: boolean } = {},
  ): Promise<ImportReport> {
    const { signal = new AbortController().signal, progress = silentProgress, drop = false } = options;
    const { db, file } = this;
    const mapping = { tables };
    return importSqlite({ file, db, mapping, mappingName: 'map.yaml', progress, signal, drop, verify: true });
  }

  /** In the order of their `_id`. */
  async documentsOf(collection: string): Promise<mongo.Document[]> {
    return this.db.collection(collection).find().sort({ _id: 1 }).toArray();
  }

  /** Without the file, and with nothing in the database. */
  async clear(): Promise<void> {
    await rm(this.file, { force: true });
    await this.db.dropDatabase();
  }

  async stop(): Promise<void> {
    await this.#database.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
