import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { mongo } from 'mongoose';

/** How the documents of a table are to look, said once more and apart from the code that is tested. */
export interface Expectation {
  table: string;
  collection?: string;
  /** Fields that are not called as their columns. */
  fields?: Record<string, string>;
  /** `rowid` where there is none, or one column, or several. */
  key: string[] | 'rowid';
}

type Row = Record<string, SQLOutputValue>;

const INT32_MAX = 2n ** 31n - 1n;

/**
 * Compares every value of tables with every value of collections. Types and bytes come from SQL functions (`typeof`, `hex`) on one side, and
 * from the classes of BSON on the other.
 *
 * @returns What differs, in words
 */
export async function differences(
  file: string,
  db: mongo.Db,
  expectations: readonly Expectation[],
): Promise<{ values: number; found: string[] }> {
  const sqlite = new DatabaseSync(file, { readOnly: true });
  const result = { values: 0, found: [] as string[] };
  try {
    for (const expectation of expectations) await compareTable(sqlite, db, expectation, result);
    return result;
  } finally {
    sqlite.close();
  }
}

async function compareTable(
  sqlite: DatabaseSync,
  db: mongo.Db,
  { table, collection = table, fields = {}, key }: Expectation,
  result: { values: number; found: string[] },
): Promise<void> {
  const stored = await db.collection(collection).find({}, { promoteValues: false }).toArray();
  const byId = new Map(stored.map((document) => [describeId(document._id), document as mongo.Document]));
  if (byId.size !== stored.length) result.found.push(`${collection}: ids that are alike`);
  const columns = columnsOf(sqlite, table);
  const fieldOf = (column: string): string =>
    (Object.hasOwn(fields, column) ? fields[column] : undefined) ?? column;
  for (const row of sqlite.prepare(selectOf(sqlite, table, columns)).iterate() as Iterable<Row>) {
    const expected = new Map(columns.map((column, place) => [column, describeCell(row, place)]));
    const rowid = `{rowid=${numberType(BigInt(String(row.r ?? 0)))}}`;
    const parts = key === 'rowid' ? [] : key.map((column) => expected.get(column) ?? '');
    const id =
      key === 'rowid'
        ? rowid.slice(7, -1)
        : parts.includes('null')
          ? rowid
          : parts.length === 1
            ? (parts[0] ?? '')
            : `{${parts.map((part, place) => `${fieldOf(key[place] ?? '')}=${part}`).join(',')}}`;
    const document = byId.get(id);
    byId.delete(id);
    if (document === undefined) {
      result.found.push(`${table}: no document for ${id}`);
      continue;
    }
    const isInId = (column: string): boolean =>
      key !== 'rowid' && key.length === 1 && key[0] === column && id !== rowid;
    const wanted = new Map(
      columns.filter((column) => !isInId(column)).map((column) => [fieldOf(column), expected.get(column)]),
    );
    const has = Object.entries(document).filter(([name]) => name !== '_id');
    const order = [...wanted.keys()].join();
    if (has.map(([name]) => name).join() !== order)
      result.found.push(`${table} ${id}: fields ${has.map(([name]) => name).join()}, not ${order}`);
    for (const [name, value] of has) {
      result.values += 1;
      if (describe(value) !== wanted.get(name)) {
        result.found.push(`${table} ${id} ${name}: ${describe(value)}, not ${wanted.get(name)}`);
      }
    }
  }
  for (const id of byId.keys()) result.found.push(`${collection}: a document ${id} of nothing`);
}

function columnsOf(sqlite: DatabaseSync, table: string): string[] {
  const rows = sqlite
    .prepare('SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid')
    .all(table);
  return rows.map(({ name }) => String(name));
}

function selectOf(sqlite: DatabaseSync, table: string, columns: readonly string[]): string {
  const cells = columns.map((column, place) => {
    const name = quoted(column);
    return `typeof(${name}) AS t${place}, CASE typeof(${name}) WHEN 'integer' THEN CAST(${name} AS TEXT)
      WHEN 'text' THEN hex(CAST(${name} AS BLOB)) WHEN 'blob' THEN hex(${name}) WHEN 'real' THEN ${name} END AS v${place}`;
  });
  // A table WITHOUT ROWID has no NULL in its key, so that the number is not needed.
  const [about] = sqlite
    .prepare("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?")
    .all(table);
  return `SELECT ${about?.wr === 1 ? 'NULL' : 'CAST(rowid AS TEXT)'} AS r, ${cells.join(', ')} FROM ${quoted(table)}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function describeCell(row: Row, place: number): string {
  const [type, value] = [row[`t${place}`], row[`v${place}`]];
  if (type === 'null') return 'null';
  if (type === 'integer') return numberType(BigInt(String(value)));
  if (type === 'real') return `double:${bitsOf(Number(value))}`;
  return `${String(type)}:${String(value)}`;
}

function numberType(value: bigint): string {
  return `${value <= INT32_MAX && value >= -INT32_MAX - 1n ? 'int' : 'long'}:${value}`;
}

function describeId(id: unknown): string {
  const isDocument = typeof id === 'object' && id !== null && !('_bsontype' in id);
  if (!isDocument) return describe(id);
  return `{${Object.entries(id)
    .map(([name, value]) => `${name}=${describe(value)}`)
    .join(',')}}`;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof mongo.BSON.Int32) return `int:${value.value}`;
  if (value instanceof mongo.Long) return `long:${value.toString()}`;
  if (value instanceof mongo.BSON.Double) return `double:${bitsOf(value.value)}`;
  if (typeof value === 'string') return `text:${Buffer.from(value, 'utf8').toString('hex').toUpperCase()}`;
  if (value instanceof mongo.Binary) {
    const hex = Buffer.from(value.value()).toString('hex').toUpperCase();
    return `${value.sub_type === 0x80 ? 'text' : 'blob'}:${hex}`;
  }
  return `something else: ${mongo.BSON.EJSON.stringify({ value })}`;
}

function bitsOf(number: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return bytes.toString('hex');
}
