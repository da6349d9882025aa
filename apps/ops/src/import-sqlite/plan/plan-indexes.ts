import type { Note } from '../report/notes.ts';
import { quoted, type SqliteSource } from '../source/sqlite-source.ts';
import type { SqliteIndex, SqliteTable } from '../source/sqlite-schema.ts';
import type { IndexPlan, RowPlan } from './import-plan.ts';

/** Case-insensitive, as near to NOCASE as MongoDB comes. @see https://www.mongodb.com/docs/manual/core/index-case-insensitive/ */
const NO_CASE = { locale: 'en', strength: 2 } as const;
/** Not NULL, in a way that the planner can use for queries on the field. */
const LOWEST: Record<string, unknown> = {
  text: { $gte: '' },
  number: { $gte: Number.NEGATIVE_INFINITY },
  blob: { $type: 'binData' },
};
const NOT_NULL = { $type: ['number', 'string', 'binData', 'bool', 'date', 'object', 'array', 'objectId'] };

/** Names that MongoDB does not give to an index, or only to its own. */
const RESERVED_NAMES = new Set(['', '*', '_id_']);

/** Indexes for the collection of a table, from those that the table has in SQLite. */
export function planIndexes(
  source: SqliteSource,
  table: SqliteTable,
  rows: RowPlan,
): { indexes: IndexPlan[]; notes: Note[] } {
  const indexes: Unnamed[] = [];
  const notes: Note[] = [];
  const seen = new Set<string>();
  if (rows.id.from === 'columns') {
    // The `_id` holds them as one value, which answers no question about the first of them.
    const keys = rows.id.fields.map(({ field }): [string, 1] => [field, 1]);
    indexes.push({ name: undefined, keys, options: {} });
    seen.add(JSON.stringify([keys, {}]));
  }
  for (const index of table.indexes) {
    if (index.origin === 'pk') {
      const change = bytesOnly(index);
      const text = `The primary key of ${table.name}: ${change}`;
      if (change !== undefined) notes.push({ code: 'INDEX_CHANGED', text });
      continue;
    }
    const { plan, problem, change } = planIndex(source, table, rows, index);
    const label = `Index ${index.name} of ${table.name}`;
    if (plan === undefined)
      notes.push({ code: 'INDEX_SKIPPED', text: `${label}: ${problem ?? 'not possible'}` });
    else {
      const identity = JSON.stringify([plan.keys, plan.options]);
      if (seen.has(identity)) {
        notes.push({ code: 'INDEX_SKIPPED', text: `${label}: another one has the same keys` });
      } else indexes.push(plan);
      seen.add(identity);
    }
    if (change !== undefined) notes.push({ code: 'INDEX_CHANGED', text: `${label}: ${change}` });
  }
  return { indexes: withNames(indexes), notes };
}

type Unnamed = Omit<IndexPlan, 'name'> & { name: string | undefined };

interface Planned {
  plan?: Unnamed;
  problem?: string;
  change?: string;
}

function planIndex(source: SqliteSource, table: SqliteTable, rows: RowPlan, index: SqliteIndex): Planned {
  const columns = index.keys.flatMap(({ column }) => column ?? []);
  if (columns.length < index.keys.length) return { problem: 'it is on an expression' };
  const keys: [string, -1 | 1][] = [];
  for (const { column, isDescending } of index.keys) {
    const path = pathOf(rows, column ?? '');
    if (path === undefined) return { problem: `the column ${column} is left out` };
    if (keys.some(([other]) => other === path)) return { problem: 'it names a column twice' };
    keys.push([path, isDescending ? -1 : 1]);
  }
  if (keys.every(([path]) => path === '_id')) {
    const difference = bytesOnly(index);
    return { problem: ['MongoDB has one on _id by itself', difference].filter(Boolean).join('; ') };
  }
  const notNull = notNullColumns(index);
  if (index.condition !== undefined && notNull === undefined && index.isUnique) {
    return { problem: `it is unique on the rows of a condition: ${index.condition}` };
  }
  const collation = collationOf(table, index);
  const filter = index.isUnique || notNull ? filterFor(source, table, rows, index, notNull ?? []) : undefined;
  const hasName = index.origin === 'c' && !RESERVED_NAMES.has(index.name);
  const changes = [
    ...(index.origin === 'c' && !hasName
      ? ['it has another name, since MongoDB does not give this one']
      : []),
    ...(collation.change === undefined ? [] : [collation.change]),
    ...(index.condition !== undefined && !notNull
      ? [`it covers all rows, not those of ${index.condition}`]
      : []),
  ];
  return {
    plan: {
      name: hasName ? index.name : undefined,
      keys,
      options: {
        ...(index.isUnique && { unique: true }),
        ...(filter && { partialFilterExpression: filter }),
        ...(collation.isNoCase && { collation: NO_CASE }),
      },
    },
    ...(changes.length > 0 && { change: changes.join('; ') }),
  };
}

/** Where the values of a column are in the documents. */
function pathOf({ id, fields }: RowPlan, column: string): string | undefined {
  if (id.from === 'column' && id.field.column === column) return '_id';
  const field = fields.find((other) => other.column === column);
  return field?.isWritten ? field.field : undefined;
}

/** The columns of a condition such as `a IS NOT NULL AND b IS NOT NULL`. */
function notNullColumns({ condition }: SqliteIndex): string[] | undefined {
  if (condition === undefined) return undefined;
  const parts = condition
    .split(/\s+AND\s+/i)
    .map((part) => /^\(*["`[]?(\w+)["`\]]?\s+(?:IS NOT NULL|NOTNULL)\)*$/i.exec(part.trim())?.[1]);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** To SQLite, every NULL is another value: what has one in it is not compared. */
function filterFor(
  source: SqliteSource,
  table: SqliteTable,
  rows: RowPlan,
  index: SqliteIndex,
  notNull: readonly string[],
): Record<string, unknown> | undefined {
  const wanted = new Set(notNull.map((name) => name.toLowerCase()));
  const columns = table.columns.filter(({ name, isNotNull, keyPlace }) => {
    if (wanted.has(name.toLowerCase())) return true;
    const isNullable = !isNotNull && !(keyPlace > 0 && table.isWithoutRowid) && name !== table.rowidColumn;
    return index.isUnique && isNullable && index.keys.some(({ column }) => column === name);
  });
  const parts = columns.flatMap(({ name }): [string, unknown][] => {
    const path = pathOf(rows, name);
    return path === undefined ? [] : [[path, conditionFor(source, table, rows, name)]];
  });
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}

function conditionFor(source: SqliteSource, table: SqliteTable, rows: RowPlan, column: string): unknown {
  if (rows.fields.find((field) => field.column === column)?.convert) return NOT_NULL;
  const name = quoted(column);
  const types = source
    .all(
      `SELECT DISTINCT replace(replace(typeof(${name}), 'integer', 'number'), 'real', 'number') AS type FROM ${quoted(table.name)} WHERE ${name} IS NOT NULL`,
    )
    .map(({ type }) => String(type));
  const affinity = table.columns.find((other) => other.name === column)?.affinity;
  const [only = affinity === 'TEXT' ? 'text' : 'number', ...others] = types;
  return others.length === 0 ? (LOWEST[only] ?? NOT_NULL) : NOT_NULL;
}

/** MongoDB compares a whole index in one way. */
function collationOf(table: SqliteTable, index: SqliteIndex): { isNoCase: boolean; change?: string } {
  const change = bytesOnly(index);
  if (change === undefined) return { isNoCase: false };
  const texts = index.keys.filter(({ column, collation }) => {
    const affinity = table.columns.find(({ name }) => name === column)?.affinity;
    return collation !== 'BINARY' || affinity === 'TEXT' || affinity === 'BLOB';
  });
  if (texts.some(({ collation }) => collation !== 'NOCASE')) return { isNoCase: false, change };
  return {
    isNoCase: true,
    change: `NOCASE has become a collation (${NO_CASE.locale}, strength ${NO_CASE.strength}); a query has to name it to use the index`,
  };
}

/** What is different where an index compares bytes in MongoDB, if anything is. */
function bytesOnly({ keys }: SqliteIndex): string | undefined {
  const special = new Set(keys.map(({ collation }) => collation).filter((name) => name !== 'BINARY'));
  return special.size === 0
    ? undefined
    : `it compares bytes, not by the collation ${[...special].join(', ')}`;
}

/** Those that have none are called as the driver would call them, with a number where an index is called so already. */
function withNames(plans: readonly Unnamed[]): IndexPlan[] {
  const taken = new Set(plans.map(({ name }) => name));
  return plans.map((plan) => {
    if (plan.name !== undefined) return { ...plan, name: plan.name };
    const wanted = plan.keys.map(([path, direction]) => `${path}_${direction}`).join('_');
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}_${number}`;
    taken.add(name);
    return { ...plan, name };
  });
}
