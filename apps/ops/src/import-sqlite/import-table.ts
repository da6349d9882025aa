import type { mongo } from 'mongoose';
import { isSameContent } from '../raw/content-hash.ts';
import { buildIndexes } from './load/build-indexes.ts';
import { loadTable, type Loaded } from './load/load-table.ts';
import type { LoadState, ProgressStore } from './load/progress-store.ts';
import { countStored, readBack, type ReadBackOptions } from './load/read-back.ts';
import type { LoadPlan } from './plan/import-plan.ts';
import type { TableReport } from './report/import-report.ts';
import { reportTable, type TableResult } from './report/report-table.ts';
import type { SqliteSource } from './source/sqlite-source.ts';

export interface TableImport extends ReadBackOptions {
  db: mongo.Db;
  source: SqliteSource;
  store: ProgressStore;
  load: LoadPlan;
  /** What is stored already. */
  begin: LoadState;
  /** Reads everything back and compares it. */
  verify: boolean;
  /** How long the server may be away, in milliseconds; 30,000 unless given. */
  patienceMs?: number;
}

const PATIENCE_MS = 30_000;

/** Fills one collection from where `begin` ends, builds its indexes, and compares it. */
export async function importTable(options: TableImport): Promise<TableResult> {
  const { db, store, load, begin, signal, verify } = options;
  const collection = db.collection(load.collection);
  const { state, inserted, alreadyThere } = await fill(collection, options);
  if (load.total === 0) await createCollection(db, load.collection);
  const stored = await countStored(collection, state.hash.documents);
  const isDone = begin.isDone || (state.failed === 0 && stored === state.hash.documents);
  await store.save(load, { ...state, isDone });
  const indexes = await buildIndexes(collection, load.indexes, signal);
  const verified = verify ? await compare(collection, state, options) : undefined;
  const table = {
    ...reportTable(load, state),
    inserted,
    alreadyThere,
    stored,
    indexes,
    ...(verified && { verified }),
  };
  return { table, embeddedRows: state.embedded };
}

async function fill(
  collection: mongo.Collection,
  { source, store, load, begin, signal, progress, patienceMs = PATIENCE_MS }: TableImport,
): Promise<Loaded> {
  const bar = progress.bar(load.collection, load.total, 'rows');
  const before = begin.hash.documents;
  const loaded = begin.isDone
    ? { state: begin, inserted: 0, alreadyThere: 0 }
    : await loadTable(load, begin, {
        source,
        collection,
        progress: store,
        signal,
        patienceMs,
        onProgress: (rows) => bar.update(rows),
      });
  bar.finish(loaded.state.position.rows);
  // With what earlier runs have stored before the position at which this one began.
  return { ...loaded, alreadyThere: loaded.alreadyThere + before };
}

async function compare(
  collection: mongo.Collection,
  { hash: expected }: LoadState,
  options: ReadBackOptions,
): Promise<NonNullable<TableReport['verified']>> {
  const found = await readBack(collection, expected.documents, options);
  const isEqual = isSameContent(found, expected);
  return { documents: found.documents, expectedHash: expected.hash, hash: found.hash, isEqual };
}

async function createCollection(db: mongo.Db, name: string): Promise<void> {
  const [found] = await db.listCollections({ name }, { nameOnly: true }).toArray();
  if (found === undefined) await db.createCollection(name);
}
