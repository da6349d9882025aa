import type { EmbedMapping, TableMapping } from '../mapping/mapping.ts';
import type { SqliteTable } from '../source/sqlite-schema.ts';
import type { TypeDefaults } from './plan-rows.ts';

/** What every part of the plan is made from. */
export interface PlanContext {
  tables: readonly SqliteTable[];
  /** Names of tables that are the content of a full-text table. */
  contentTables: ReadonlySet<string>;
  mappings: Record<string, TableMapping>;
  defaults: TypeDefaults;
  /** Takes what is wrong with the mapping. */
  mistake: (text: string) => void;
}

/** What the mapping says about a table, or nothing. */
export function mappingOf({ mappings }: PlanContext, { name }: SqliteTable): TableMapping {
  return (Object.hasOwn(mappings, name) ? mappings[name] : undefined) ?? {};
}

/** Where the rows of a table are embedded. */
export function embedsOf(context: PlanContext, table: SqliteTable): EmbedMapping[] {
  const embeds = mappingOf(context, table).embedInto ?? [];
  return Array.isArray(embeds) ? embeds : [embeds];
}

/** Whether rows of a table that no document takes in are left out, and all others are in documents of other tables. */
export function areOrphansDropped(context: PlanContext, table: SqliteTable): boolean {
  const embeds = embedsOf(context, table);
  return embeds.length > 0 && embeds.every(({ orphans }) => orphans === 'drop');
}

/**
 * Whether the rows of a table are imported at all. A view repeats what is in tables, and shadow tables what is in a virtual one, unless that
 * takes its content from them: these are imported when the mapping names them.
 */
export function isWanted(context: PlanContext, table: SqliteTable): boolean {
  const { name, kind, problem } = table;
  if (problem !== undefined || mappingOf(context, table).skip) return false;
  if (Object.hasOwn(context.mappings, name)) return true;
  return kind === 'shadow' ? context.contentTables.has(name.toLowerCase()) : kind !== 'view';
}
