import type { LoadState } from '../load/progress-store.ts';
import type { LoadPlan } from '../plan/import-plan.ts';
import type { TableReport } from './import-report.ts';

/** A report, and the rows that its documents have taken in. */
export interface TableResult {
  table: TableReport;
  embeddedRows: Record<string, number>;
}

/** What is known about a table when its rows were read. */
export function reportTable(load: LoadPlan, state: LoadState): TableReport {
  return {
    table: load.rows.table,
    collection: load.collection,
    part: load.part,
    total: load.total,
    rows: state.position.rows,
    documents: state.hash.documents,
    sizeBytes: state.hash.sizeBytes,
    inserted: 0,
    alreadyThere: 0,
    failed: state.failed,
    failures: state.failures,
    indexes: [],
    notes: [...load.notes, ...state.notes],
  };
}
