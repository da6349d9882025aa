import type { EmbedMapping, ReferenceMapping } from '../mapping/mapping.ts';
import { quoted } from '../source/sqlite-source.ts';
import type { SqliteTable } from '../source/sqlite-schema.ts';
import type { EmbedPlan, FieldPlan, RowPlan } from './import-plan.ts';
import { fieldProblem } from './names.ts';
import { belongs, belongsByIndex, pairsOf, type Pairs } from './pairs.ts';
import { embedsOf, isWanted, mappingOf, type PlanContext } from './plan-context.ts';
import { planRows } from './plan-rows.ts';

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
  if (path.includes(table.name)) return context.mistake(`${table.name} would be embedded in itself`);
  for (const [field, reference] of Object.entries(mappingOf(context, table).references ?? {})) {
    addReference(context, table, rows, field, reference);
  }
  for (const child of context.tables) {
    if (!isWanted(context, child)) continue;
    for (const embed of embedsOf(context, child)) {
      if (embed.table === table.name) addEmbed(context, { table, rows, child, embed, path });
    }
  }
}

function addReference(
  context: PlanContext,
  table: SqliteTable,
  rows: RowPlan,
  field: string,
  { table: targetName, by }: ReferenceMapping,
): void {
  const { mistake } = context;
  const target = context.tables.find(({ name }) => name === targetName);
  const pairs = pairsOf(context, table, targetName, by);
  if (target === undefined || pairs === undefined) return;
  const refusal = `${table.name} cannot refer to "${targetName}"`;
  if (!isWanted(context, target)) return mistake(`${refusal}, which is not imported`);
  if (embedsOf(context, target).length > 0) return mistake(`${refusal}, whose rows are in other documents`);
  const plan = planRows({ ...context, table: target, mapping: mappingOf(context, target) });
  if (plan.id.from === 'position') mistake(`${targetName} has no key that a reference could hold`);
  checkField(context, table, rows, field);
  rows.references.push({ field, target: plan, by: withFields(context, table, rows, flipped(pairs)) });
}

interface Embedding {
  table: SqliteTable;
  rows: RowPlan;
  child: SqliteTable;
  embed: EmbedMapping;
  path: readonly string[];
}

function addEmbed(context: PlanContext, { table, rows, child, embed, path }: Embedding): void {
  const { mistake } = context;
  const pairs = pairsOf(context, child, table.name, embed.by);
  if (pairs === undefined) return;
  const mapping = mappingOf(context, child);
  const plan = planRows({ ...context, table: child, mapping, embeddedBy: pairs.map(([own]) => own) });
  planRelations(context, child, plan, [...path, table.name]);
  checkField(context, table, rows, embed.as);
  const value = plan.fields.find(({ column }) => column === embed.value);
  if (embed.value !== undefined && value === undefined)
    mistake(`${child.name} has no column "${embed.value}"`);
  if (embed.value !== undefined && embed.single)
    mistake(`${child.name}: "value" makes an array, "single" does not`);
  if (embed.value !== undefined && plan.embeds.length > 0) {
    const names = plan.embeds.map((other) => other.child.table).join(', ');
    mistake(`${child.name}: "value" takes one column alone, without what is embedded: ${names}`);
  }
  for (const name of embed.orderBy ?? []) {
    if (!child.columns.some((column) => column.name === name))
      mistake(`${child.name} has no column "${name}"`);
  }
  rows.embeds.push({
    as: embed.as,
    child: plan,
    ...lookupOf(table, rows, child, pairs),
    orderBy: embed.orderBy ?? [],
    isSingle: embed.single ?? false,
    value,
  });
}

function lookupOf(
  parent: SqliteTable,
  { rowid, fields }: RowPlan,
  child: SqliteTable,
  pairs: Pairs,
): Pick<EmbedPlan, 'belongs' | 'belongsByIndex' | 'identity' | 'parent'> {
  const isKeyed = rowid === undefined && parent.isWithoutRowid && parent.key.length > 0;
  const names = isKeyed ? parent.key : pairs.map(([, other]) => other);
  const named = names.flatMap((name) => fields.find(({ column }) => column === name) ?? []);
  const isUnique = rowid !== undefined || isKeyed;
  return {
    parent: parent.name,
    identity:
      rowid === undefined
        ? named.map((field) => ({ sql: `${quoted(parent.name)}.${quoted(field.column)}`, field }))
        : [{ sql: rowid, field: undefined }],
    belongs: belongs(pairs, child.name, parent.name),
    belongsByIndex: isUnique ? belongsByIndex(pairs, child, parent) : undefined,
  };
}

function flipped(pairs: Pairs): Pairs {
  return pairs.map(([own, other]) => [other, own]);
}

function withFields(
  { mistake }: PlanContext,
  table: SqliteTable,
  rows: RowPlan,
  pairs: Pairs,
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
