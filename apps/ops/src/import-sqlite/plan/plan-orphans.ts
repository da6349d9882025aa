import { quoted } from '../source/sqlite-source.ts';
import type { SqliteTable } from '../source/sqlite-schema.ts';
import { belongs, pairsOf } from './pairs.ts';
import { areOrphansDropped, embedsOf, isWanted, type PlanContext } from './plan-context.ts';

/** A condition for the rows that no document takes in; nothing for a table that is not embedded. */
export function orphansOf(context: PlanContext, table: SqliteTable): string {
  const conditions = takenIn(context, table, []);
  return conditions.length === 0 ? '' : `WHERE NOT (${conditions.join(' OR ')})`;
}

/**
 * Conditions for rows of a table, one of which is true where a document takes them in. A row that was dropped takes in nothing.
 *
 * @param path - Tables that are embedded in this one
 */
function takenIn(context: PlanContext, table: SqliteTable, path: readonly string[]): string[] {
  return embedsOf(context, table).flatMap((embed) => {
    const parent = context.tables.find(({ name }) => name === embed.table);
    if (parent === undefined || !isWanted(context, parent)) {
      context.mistake(`${table.name} cannot be embedded into "${embed.table}", which is not imported`);
      return [];
    }
    const pairs = pairsOf(context, table, parent.name, embed.by);
    // Told of as a mistake where it is planned.
    if (pairs === undefined || path.includes(parent.name)) return [];
    const stored = areOrphansDropped(context, parent) ? takenIn(context, parent, [...path, table.name]) : [];
    const isStored = stored.length === 0 ? '' : ` AND (${stored.join(' OR ')})`;
    return `EXISTS (SELECT 1 FROM ${quoted(parent.name)} WHERE ${belongs(pairs, table.name, parent.name)}${isStored})`;
  });
}
