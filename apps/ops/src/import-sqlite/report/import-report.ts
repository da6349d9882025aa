import type { BuiltIndex } from '../load/build-indexes.ts';
import type { RowFailure } from '../load/progress-store.ts';
import type { Note } from './notes.ts';

export interface TableReport {
  table: string;
  collection: string;
  /** `orphans`: the rows that no document took in. */
  part: 'all' | 'orphans';
  /** Rows in SQLite, counted by SQLite. */
  total: number;
  /** Rows read. */
  rows: number;
  /** Documents made of them that were not refused, and their size as BSON. */
  documents: number;
  sizeBytes: number;
  inserted: number;
  alreadyThere: number;
  /** Documents that MongoDB counts in the collection; absent in a dry run. */
  stored?: number;
  failed: number;
  /** At most a hundred of them. */
  failures: RowFailure[];
  indexes: BuiltIndex[];
  notes: Note[];
  /** What SQLite's rows were made into, and what MongoDB has; absent in a dry run and with `--no-verify`. */
  verified?: { documents: number; expectedHash: string; hash: string; isEqual: boolean };
  /** Canonical Extended JSON, in a dry run. */
  samples?: string[];
}

export interface EmbeddedReport {
  table: string;
  /** Rows in SQLite. */
  total: number;
  /** Rows in documents, by the field. */
  fields: Record<string, number>;
  /** Rows in a collection of their own, since no document took them in. */
  orphans: number;
  /** Rows that are nowhere, by the mapping. */
  dropped: number;
  /** Rows that should be in documents by SQLite's count and are not. */
  missing: number;
}

export interface ImportReport {
  file: string;
  isDryRun: boolean;
  /** Everything asked for is in MongoDB, and was compared unless that was left out. */
  isComplete: boolean;
  tables: TableReport[];
  embedded: EmbeddedReport[];
  /** About the file as a whole: what was left out. */
  notes: Note[];
  elapsedMs: number;
}

/** Whether nothing of this table is missing. */
export function isTableComplete(table: TableReport): boolean {
  const { total, rows, documents, stored, failed, indexes, verified } = table;
  const isIndexed = indexes.every(({ status }) => status === 'ready');
  const isStored = stored === undefined || stored === documents;
  return total === rows && failed === 0 && isStored && isIndexed && verified?.isEqual !== false;
}
