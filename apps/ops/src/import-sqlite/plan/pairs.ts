import { quoted } from '../source/sqlite-source.ts';
import type { SqliteTable } from '../source/sqlite-schema.ts';
import type { PlanContext } from './plan-context.ts';

/** Columns of one table and those of another whose values they hold. */
export type Pairs = [own: string, other: string][];

/** Pairs of a column of `table` and one of `other`, as the mapping says or by the only foreign key. */
export function pairsOf(
  { tables, mistake }: PlanContext,
  table: SqliteTable,
  otherName: string,
  by: Record<string, string> | undefined,
): Pairs | undefined {
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

/**
 * The condition that SQLite has for a foreign key: type and collation are those of the column that is named. The plus takes its type from
 * the column that names it.
 *
 * @param pairs - Columns of `child` and of `parent`
 * @see https://sqlite.org/foreignkeys.html#fk_basics
 */
export function belongs(pairs: Pairs, child: string, parent: string): string {
  return compared(pairs, child, parent, '+');
}

/** The same for columns of one type, in a form for which SQLite can use an index of `child`; `undefined` for columns of several types. */
export function belongsByIndex(pairs: Pairs, child: SqliteTable, parent: SqliteTable): string | undefined {
  const isAlike = pairs.every(([own, other]) => {
    const type = typeOf(child, own);
    return type !== undefined && type === typeOf(parent, other);
  });
  return isAlike ? compared(pairs, child.name, parent.name, '') : undefined;
}

function compared(pairs: Pairs, child: string, parent: string, sign: '' | '+'): string {
  return pairs
    .map(([own, other]) => `${quoted(parent)}.${quoted(other)} = ${sign}${quoted(child)}.${quoted(own)}`)
    .join(' AND ');
}

/** What is done to a value before it is compared. */
function typeOf({ columns }: SqliteTable, name: string): string | undefined {
  const column = columns.find((other) => other.name === name);
  // It means another thing in a STRICT table.
  if (column === undefined || /^ANY$/i.test(column.declaredType)) return undefined;
  return column.affinity === 'INTEGER' ? 'NUMERIC' : column.affinity;
}

/** SQLite does not tell upper from lower case in names, and a foreign key may be written in another. */
function byForeignKey(table: SqliteTable, other: SqliteTable): Pairs | undefined {
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
