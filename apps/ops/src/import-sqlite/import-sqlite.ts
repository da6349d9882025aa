import { mongo } from 'mongoose';
import { collectGarbage } from '../raw/collect-garbage.ts';
import { documentsIn } from '../raw/insert-raw.ts';
import type { Progress } from '../terminal/progress.ts';
import { importTable } from './import-table.ts';
import type { BuiltIndex } from './load/build-indexes.ts';
import { NOTHING_DONE, ProgressStore, type LoadState } from './load/progress-store.ts';
import { BatchReader } from './load/read-batches.ts';
import type { Mapping } from './mapping/mapping.ts';
import type { ImportPlan, IndexPlan, LoadPlan } from './plan/import-plan.ts';
import { planImport } from './plan/plan-import.ts';
import { isTableComplete, type ImportReport } from './report/import-report.ts';
import { reportEmbedded } from './report/report-embedded.ts';
import { reportTable, type TableResult } from './report/report-table.ts';
import { SqliteSource } from './source/sqlite-source.ts';

export interface SourceOptions {
  /** Path of the SQLite file. */
  file: string;
  mapping: Mapping;
  /** How the mapping is called in messages. */
  mappingName: string;
  signal: AbortSignal;
  progress: Progress;
}

export interface ImportOptions extends SourceOptions {
  db: mongo.Db;
  /** Drops the collections of this import first. */
  drop: boolean;
  /** Reads everything back and compares it. */
  verify: boolean;
  /** How long the server may be away, in milliseconds; 30,000 unless given. */
  patienceMs?: number;
}

const SAMPLES = 3;

/**
 * Imports a SQLite file: every table into a collection, then indexes, then a comparison. It may be killed at any moment; the next run with
 * the same file and mapping goes on where it was.
 *
 * @throws {@link ImportError} Before the first write, when it cannot begin
 * @throws {@link DatabaseUnavailableError} When the server stays away for longer than the patience
 */
export async function importSqlite(options: ImportOptions): Promise<ImportReport> {
  const { db } = options;
  return withPlan(options, db.databaseName, async (source, plan) => {
    const store = new ProgressStore(db, source);
    const begins = await prepare(store, plan, options);
    const tables: Tables = [];
    for (const load of plan.loads) {
      tables.push(
        await importTable({ ...options, source, store, load, begin: begins.get(load) ?? NOTHING_DONE }),
      );
    }
    return tables;
  });
}

/** Does everything but writing: reads every row, and shows the first documents of each table. Needs no server. */
export async function dryRun(options: SourceOptions & { database: string }): Promise<ImportReport> {
  return withPlan(options, options.database, async (source, plan) => {
    const tables: Tables = [];
    for (const load of plan.loads) tables.push(await rehearse(source, load, options));
    return tables;
  }).then((report) => ({ ...report, isDryRun: true }));
}

type Tables = TableResult[];

async function withPlan(
  { file, mapping, mappingName }: SourceOptions,
  database: string,
  work: (source: SqliteSource, plan: ImportPlan) => Promise<Tables>,
): Promise<ImportReport> {
  const startedAt = performance.now();
  const source = SqliteSource.open(file);
  try {
    const plan = planImport(source, { mapping, mappingName, database });
    const tables = await work(source, plan);
    const embedded = plan.embedded.map((child) => reportEmbedded(child, tables));
    const isWhole = embedded.every(({ missing }) => missing === 0);
    return {
      file: source.name,
      isDryRun: false,
      isComplete:
        isWhole && tables.every(({ table }) => isTableComplete(table)) && plan.unreadable.length === 0,
      tables: tables.map(({ table }) => table),
      embedded,
      notes: plan.notes,
      elapsedMs: Math.round(performance.now() - startedAt),
    };
  } finally {
    source.close();
  }
}

/** Looks at every target before the first is written to. */
async function prepare(
  store: ProgressStore,
  plan: ImportPlan,
  options: ImportOptions,
): Promise<Map<LoadPlan, LoadState>> {
  const begins = new Map<LoadPlan, LoadState>();
  if (options.drop) await store.drop(plan.loads, options);
  for (const load of plan.loads) {
    const state = await store.read(load);
    if (state) begins.set(load, state);
  }
  await store.begin(plan.loads.filter((load) => !begins.has(load)));
  return begins;
}

async function rehearse(
  source: SqliteSource,
  load: LoadPlan,
  { signal, progress }: SourceOptions,
): Promise<TableResult> {
  const bar = progress.bar(load.collection, load.total, 'rows');
  const reader = new BatchReader(source, load, NOTHING_DONE);
  const samples: string[] = [];
  for (const batch of reader.batches()) {
    if (samples.length === 0) {
      samples.push(...documentsIn(batch.bytes).slice(0, SAMPLES).map(toExtendedJson));
    }
    bar.update(batch.after.position.rows);
    batch.release();
    collectGarbage(batch.bytes.length);
    // Reading never waits: here signals and the terminal have their turn.
    await new Promise((resolve) => void setImmediate(resolve));
    signal.throwIfAborted();
  }
  const { state } = reader;
  bar.finish(state.position.rows);
  const table = { ...reportTable(load, state), indexes: load.indexes.map(toPlanned), samples };
  return { table, embeddedRows: state.embedded };
}

function toExtendedJson(document: Buffer): string {
  return mongo.BSON.EJSON.stringify(mongo.BSON.deserialize(document, { promoteValues: false }), {
    relaxed: false,
  });
}

function toPlanned({ name, keys, options }: IndexPlan): BuiltIndex {
  return { name, keys: Object.fromEntries(keys), isUnique: options.unique === true, status: 'ready' };
}
