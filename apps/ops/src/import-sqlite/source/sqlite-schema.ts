import { ImportError } from '../import-sqlite.error.ts';
import { quoted, type SqliteSource } from './sqlite-source.ts';

export type TableKind = 'shadow' | 'table' | 'view' | 'virtual';
/** @see https://sqlite.org/datatype3.html#determination_of_column_affinity */
export type Affinity = 'BLOB' | 'INTEGER' | 'NUMERIC' | 'REAL' | 'TEXT';

export interface SqliteColumn {
  name: string;
  /** As it was declared, such as `VARCHAR(20)`; empty for none. */
  declaredType: string;
  affinity: Affinity;
  isNotNull: boolean;
  /** Place in the primary key, from 1; 0 for none. */
  keyPlace: number;
}

export interface SqliteIndex {
  name: string;
  isUnique: boolean;
  /** How it came about: `CREATE INDEX`, a UNIQUE constraint, or the primary key. */
  origin: 'c' | 'pk' | 'u';
  /** `undefined` as a column is an expression; names of collations are in capitals, since SQLite takes them in any case. */
  keys: { column: string | undefined; isDescending: boolean; collation: string }[];
  /** What follows WHERE, of an index on part of the rows. */
  condition: string | undefined;
}

export interface SqliteForeignKey {
  table: string;
  /** From a column here to a column there; `undefined` as the latter means the primary key. */
  columns: [from: string, to: string | undefined][];
}

export interface SqliteTable {
  name: string;
  kind: TableKind;
  /** Whether its texts are UTF-8, as all of the file. */
  isUtf8: boolean;
  isWithoutRowid: boolean;
  /** Under which name the rowid can be asked for; `undefined` where there is none, or where columns hide it. */
  rowidName: string | undefined;
  /** The column that is another name of the rowid (`INTEGER PRIMARY KEY`). */
  rowidColumn: string | undefined;
  columns: SqliteColumn[];
  /** Columns of the primary key, in its order. */
  key: string[];
  indexes: SqliteIndex[];
  foreignKeys: SqliteForeignKey[];
  /** Why it cannot be read, for instance a virtual table whose module is missing. */
  problem?: string;
}

export interface SqliteSchema {
  tables: SqliteTable[];
  triggers: string[];
}

/** Columns that a SELECT with `*` would not show. */
const HIDDEN = 1;
const WITHOUT_PROBLEM = { columns: [], key: [], indexes: [], foreignKeys: [] };

/** Every table, view and virtual table of the file, in the order of their names; SQLite's own (`sqlite_…`) are left out. */
export function readSchema(source: SqliteSource): SqliteSchema {
  const tables = source
    .all(
      `SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .map(({ name, type, wr }) => readTable(source, String(name), type as TableKind, wr === 1));
  const triggers = source.all(`SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name`);
  return { tables, triggers: triggers.map(({ name }) => String(name)) };
}

/** By the words in its declared type. */
export function affinityOf(declaredType: string): Affinity {
  const type = declaredType.toUpperCase();
  if (type.includes('INT')) return 'INTEGER';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'TEXT';
  if (type === '' || type.includes('BLOB')) return 'BLOB';
  if (/REAL|FLOA|DOUB/.test(type)) return 'REAL';
  return 'NUMERIC';
}

function readTable(
  source: SqliteSource,
  name: string,
  kind: TableKind,
  isWithoutRowid: boolean,
): SqliteTable {
  const isUtf8 = source.encoding === 'UTF-8';
  try {
    const columns = readColumns(source, name);
    const key = columns
      .filter(({ keyPlace }) => keyPlace > 0)
      .toSorted((a, b) => a.keyPlace - b.keyPlace)
      .map((column) => column.name);
    const indexes = readIndexes(source, name);
    const hasRowid = kind !== 'view' && !isWithoutRowid;
    const hasKeyIndex = indexes.some(({ origin }) => origin === 'pk');
    return {
      name,
      kind,
      isUtf8,
      isWithoutRowid,
      rowidName: hasRowid ? rowidNameOf(columns) : undefined,
      rowidColumn: hasRowid && kind === 'table' && key.length === 1 && !hasKeyIndex ? key[0] : undefined,
      columns,
      key,
      indexes,
      foreignKeys: readForeignKeys(source, name),
    };
  } catch (error) {
    const problem = Error.isError(error) ? error.message : String(error);
    return {
      name,
      kind,
      isUtf8,
      isWithoutRowid,
      rowidName: undefined,
      rowidColumn: undefined,
      problem,
      ...WITHOUT_PROBLEM,
    };
  }
}

function readColumns(source: SqliteSource, table: string): SqliteColumn[] {
  return source
    .all('SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?)', table)
    .filter(({ hidden }) => hidden !== HIDDEN)
    .map(({ name, type, notnull, pk }) => ({
      name: String(name),
      declaredType: String(type),
      affinity: affinityOf(String(type)),
      isNotNull: notnull === 1,
      keyPlace: Number(pk),
    }));
}

/** A column of the same name would be meant instead. */
function rowidNameOf(columns: readonly SqliteColumn[]): string | undefined {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name));
}

function readIndexes(source: SqliteSource, table: string): SqliteIndex[] {
  const list = source.all(
    `SELECT l.name, l."unique", l.origin, l.partial, s.sql FROM pragma_index_list(?) l
     LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name ORDER BY l.seq`,
    table,
  );
  return list.map(({ name, unique, origin, partial, sql }) => ({
    name: String(name),
    isUnique: unique === 1,
    origin: origin as SqliteIndex['origin'],
    condition: partial === 1 ? conditionIn(String(sql)) : undefined,
    keys: source
      .all('SELECT name, "desc", coll FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno', String(name))
      .map((key) => ({
        column: key.name === null ? undefined : String(key.name),
        isDescending: key.desc === 1,
        collation: String(key.coll).toUpperCase(),
      })),
  }));
}

function conditionIn(sql: string): string {
  return /\bWHERE\b([\s\S]*)$/i.exec(sql)?.[1]?.trim() ?? sql;
}

function readForeignKeys(source: SqliteSource, table: string): SqliteForeignKey[] {
  const keys = new Map<number, SqliteForeignKey>();
  const rows = source.all(
    'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq',
    table,
  );
  for (const row of rows) {
    const key = keys.get(Number(row.id)) ?? { table: String(row.table), columns: [] };
    key.columns.push([String(row.from), row.to === null ? undefined : String(row.to)]);
    keys.set(Number(row.id), key);
  }
  return [...keys.values()];
}

/**
 * Most bytes that one row of a table takes in the file, which is what it takes in memory at least.
 *
 * @returns `undefined` where the file does not tell, as of a virtual table
 * @see https://sqlite.org/dbstat.html
 */
export function largestRowBytes(source: SqliteSource, table: string): number | undefined {
  // Columns that are computed when they are read are in no file.
  const computed = source.all('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 2', table);
  if (computed.length > 0) return undefined;
  try {
    const [found] = source.all(`SELECT mx_payload AS size FROM dbstat('main', 1) WHERE name = ?`, table);
    return found === undefined ? undefined : Number(found.size);
  } catch (error) {
    // A SQLite without this table, or a damaged file: that is met again when rows are read.
    if (error instanceof ImportError) return undefined;
    throw error;
  }
}

/** Rows of a table, or those that meet a condition. */
export function countRows(source: SqliteSource, table: string, where = ''): number {
  const [row] = source.all(`SELECT count(*) AS n FROM ${quoted(table)} ${where}`);
  return Number(row?.n ?? 0);
}
