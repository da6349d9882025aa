import { embedKey } from '../encode/encoder-context.ts';
import type { EmbeddedPlan } from '../plan/import-plan.ts';
import type { EmbeddedReport } from './import-report.ts';
import type { TableResult } from './report-table.ts';

/** Where the rows of an embedded table are, held against SQLite's own count of where they should be. */
export function reportEmbedded(
  { table, total, fields: expected, dropped }: EmbeddedPlan,
  tables: readonly TableResult[],
): EmbeddedReport {
  const fields: Record<string, number> = {};
  for (const { embeddedRows } of tables) {
    for (const [key, count] of Object.entries(embeddedRows)) {
      const [child = '', as = ''] = JSON.parse(key) as string[];
      if (embedKey(child, as) === embedKey(table, as)) fields[as] = (fields[as] ?? 0) + count;
    }
  }
  const orphans =
    tables.find((other) => other.table.table === table && other.table.part === 'orphans')?.table.rows ?? 0;
  const missing = Object.entries(expected)
    .map(([as, count]) => Math.max(0, count - (fields[as] ?? 0)))
    .reduce((sum, count) => sum + count, 0);
  return { table, total, fields, orphans, dropped, missing };
}
