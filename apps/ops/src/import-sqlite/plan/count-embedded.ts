import { quoted, type SqliteSource } from '../source/sqlite-source.ts';
import type { LoadPlan, RowPlan } from './import-plan.ts';

/**
 * Counts the rows that documents are to take in, in the way in which SQLite would join them, and not in that in which they are looked up.
 *
 * @returns By table and field; a row that several documents take in counts in each
 */
export function countEmbedded(
  source: SqliteSource,
  loads: readonly LoadPlan[],
): Map<string, Record<string, number>> {
  const counts = new Map<string, Record<string, number>>();
  const countIn = (rows: RowPlan, tables: readonly string[], conditions: readonly string[]): void => {
    for (const { child, as, belongs } of rows.embeds) {
      // From the child upwards: parents are found by their key.
      const from = [quoted(child.table), ...tables];
      const all = [...conditions, belongs];
      const sql = `SELECT count(*) AS n FROM ${from.join(' CROSS JOIN ')} WHERE ${all.join(' AND ')}`;
      const fields = counts.get(child.table) ?? {};
      fields[as] = (fields[as] ?? 0) + Number(source.all(sql)[0]?.n ?? 0);
      counts.set(child.table, fields);
      countIn(child, from, all);
    }
  };
  for (const { rows, where } of loads) {
    countIn(rows, [quoted(rows.table)], where === '' ? [] : [where.replace(/^WHERE /, '')]);
  }
  return counts;
}
