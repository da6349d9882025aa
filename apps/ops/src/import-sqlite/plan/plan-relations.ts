import type { EmbedMapping, TableMapping } from '../mapping/mapping.ts';
import { quoted } from '../source/sqlite-source.ts';
import type { SqliteTable } from '../source/sqlite-schema.ts';
import type { FieldPlan, RowPlan } from './import-plan.ts';
import { fieldProblem } from './names.ts';
import { planRows, type TypeDefaults } from './plan-rows.ts';

export interface PlanContext {
  tables: readonly SqliteTable[];
  mappings: Record<string, TableMapping>;
  defaults: TypeDefaults;
  /** Takes what is wrong with the mapping. */
  mistake: (text: string) => void;
}

/** Where the rows of a table are embedded. */
export function embedsOf({ mappings }: PlanContext, { name }: SqliteTable): EmbedMapping[] {
  const embeds = (Object.hasOwn(mappings, name) ? mappings[name] : undefined)?.embedInto ?? [];
  return Array.isArray(embeds) ? embeds : [embeds];
}

/**
 * Adds to the plan of a table what is embedded into it, to any depth, and its references.
 *
 * @param path - Tables that it is embedded in itself
 */
export function planRelations(
  context: PlanContext,
  table: SqliteTable,
  rows: RowPlan,
  path: readonly string[],
): void {
  const { mappings, mistake } = context;
  if (path.includes(table.name)) return mistake(`${table.name} would be embedded in itself`);
  for (const [field, { table: targetName, by }] of Object.entries(mappings[table.name]?.references ?? {})) {
    const target = context.tables.find(({ name }) => name === targetName);
    const pairs = pairsOf(context, table, targetName, by);
    if (target === undefined || pairs === undefined) continue;
    const plan = planRows({ ...context, table: target, mapping: mappings[targetName] ?? {} });
    if (plan.id.from === 'position') mistake(`${targetName} has no key that a reference could hold`);
    checkField(context, table, rows, field);
    rows.references.push({ field, target: plan, by: withFields(context, table, rows, flipped(pairs)) });
  }
  for (const child of context.tables) {
    if (mappings[child.name]?.skip || child.problem !== undefined) continue;
    for (const embed of embedsOf(context, child)) {
      if (embed.table === table.name) addEmbed(context, { table, rows, child, embed, path });
    }
  }
}

interface Embedding {
  table: SqliteTable;
  rows: RowPlan;
  child: SqliteTable;
  embed: EmbedMapping;
  path: readonly string[];
}

function addEmbed(context: PlanContext, { table, rows, child, embed, path }: Embedding): void {
  const { mappings, mistake } = context;
  const pairs = pairsOf(context, child, table.name, embed.by);
  if (pairs === undefined) return;
  const mapping = mappings[child.name] ?? {};
  const plan = planRows({ ...context, table: child, mapping, embeddedBy: pairs.map(([own]) => own) });
  planRelations(context, child, plan, [...path, table.name]);
  checkField(context, table, rows, embed.as);
  const value = plan.fields.find(({ column }) => column === embed.value);
  if (embed.value !== undefined && value === undefined)
    mistake(`${child.name} has no column "${embed.value}"`);
  if (embed.value !== undefined && embed.single)
    mistake(`${child.name}: "value" makes an array, "single" does not`);
  for (const name of embed.orderBy ?? []) {
    if (!child.columns.some((column) => column.name === name))
      mistake(`${child.name} has no column "${name}"`);
  }
  rows.embeds.push({
    as: embed.as,
    child: plan,
    by: withFields(context, table, rows, pairs),
    orderBy: embed.orderBy ?? [],
    isSingle: embed.single ?? false,
    value,
  });
}

/** A condition for the rows that no document takes in. */
export function orphansOf(context: PlanContext, table: SqliteTable, rows: RowPlan): string {
  const conditions = embedsOf(context, table).flatMap((embed) => {
    const parent = context.tables.find(({ name }) => name === embed.table);
    if (parent === undefined || context.mappings[embed.table]?.skip) {
      context.mistake(`${table.name} cannot be embedded into "${embed.table}", which is not imported`);
      return [];
    }
    const pairs = pairsOf(context, table, embed.table, embed.by);
    if (pairs === undefined) return [];
    const same = pairs.map(
      ([own, other]) => `parent.${quoted(other)} = ${quoted(rows.table)}.${quoted(own)}`,
    );
    return `NOT EXISTS (SELECT 1 FROM ${quoted(embed.table)} AS parent WHERE ${same.join(' AND ')})`;
  });
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

/** Pairs of a column of `table` and one of `other`, as the mapping says or by the only foreign key. */
function pairsOf(
  { tables, mistake }: PlanContext,
  table: SqliteTable,
  otherName: string,
  by: Record<string, string> | undefined,
): [own: string, other: string][] | undefined {
  const other = tables.find(({ name }) => name === otherName);
  if (other === undefined) {
    mistake(`${table.name}: there is no table "${otherName}"`);
    return undefined;
  }
  const pairs = by ? Object.entries(by) : byForeignKey(table, other);
  if (pairs === undefined || pairs.length === 0) {
    mistake(
      `${table.name} has no single foreign key to ${otherName}: say "by" which columns they belong together`,
    );
    return undefined;
  }
  for (const [own, theirs] of pairs) {
    if (!table.columns.some(({ name }) => name === own)) mistake(`${table.name} has no column "${own}"`);
    else if (!other.columns.some(({ name }) => name === theirs))
      mistake(`${otherName} has no column "${theirs}"`);
    else continue;
    return undefined;
  }
  return pairs;
}

/** SQLite does not tell upper from lower case in names, and a foreign key may be written in another. */
function byForeignKey(table: SqliteTable, other: SqliteTable): [string, string][] | undefined {
  const keys = table.foreignKeys.filter((key) => isSame(key.table, other.name));
  const [key] = keys;
  if (key === undefined || keys.length > 1) return undefined;
  return key.columns.flatMap(([from, to], place) => {
    const own = table.columns.find(({ name }) => isSame(name, from));
    const target = to ?? other.key[place];
    const theirs = other.columns.find(({ name }) => target !== undefined && isSame(name, target));
    return own && theirs ? [[own.name, theirs.name] as [string, string]] : [];
  });
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function flipped(pairs: readonly [string, string][]): [string, string][] {
  return pairs.map(([own, other]) => [other, own]);
}

function withFields(
  { mistake }: PlanContext,
  table: SqliteTable,
  rows: RowPlan,
  pairs: readonly [string, string][],
): [string, FieldPlan][] {
  return pairs.flatMap(([other, own]) => {
    const field = rows.fields.find(({ column }) => column === own);
    if (field === undefined) mistake(`${table.name} has no column "${own}"`);
    return field ? [[other, field] as [string, FieldPlan]] : [];
  });
}

function checkField({ mistake }: PlanContext, table: SqliteTable, rows: RowPlan, field: string): void {
  const isTaken =
    field === '_id' ||
    rows.fields.some((other) => other.isWritten && other.field === field) ||
    rows.embeds.some(({ as }) => as === field) ||
    rows.references.some((other) => other.field === field);
  const problem = fieldProblem(field) ?? (isTaken ? `the field "${field}" is there already` : undefined);
  if (problem !== undefined) mistake(`${table.name}: ${problem}`);
}
