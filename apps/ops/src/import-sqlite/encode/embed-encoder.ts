import type { StatementSync } from 'node:sqlite';
import type { EmbedPlan } from '../plan/import-plan.ts';
import { quoted, type SqlRow, type SqliteSource } from '../source/sqlite-source.ts';
import { elementName, type BsonWriter } from './bson-writer.ts';
import { embedKey, type ChildEncoder, type EncoderContext } from './encoder-context.ts';

/** Names of the first elements of an array. */
const PLACES = Array.from({ length: 256 }, (_, place) => elementName(String(place)));
/** A larger document cannot be stored, so that nothing more of it has to be read. */
const ENOUGH_BYTES = 17 * 1_048_576;

let copies = 0;

/** Writes the rows of a child table into a document. */
export class EmbedEncoder {
  readonly #plan: EmbedPlan;
  readonly #name: Uint8Array;
  readonly #child: ChildEncoder;
  readonly #statement: StatementSync;
  readonly #context: EncoderContext;

  constructor(plan: EmbedPlan, context: EncoderContext, child: ChildEncoder) {
    this.#plan = plan;
    this.#context = context;
    this.#name = elementName(plan.as);
    this.#child = child;
    this.#statement = prepareLookup(plan, context.source);
  }

  encode(writer: BsonWriter, parent: SqlRow, rowNumber: bigint | number): void {
    const { isSingle, value, child, as, by } = this.#plan;
    const key = by.map(([, field]) => parent[field.place] ?? null);
    const rows = this.#statement.iterate(...key) as unknown as Iterable<SqlRow>;
    if (isSingle) return this.#encodeSingle(writer, [...rows], rowNumber);
    const start = writer.offset;
    const array = writer.beginArray(this.#name);
    let count = 0;
    for (const row of rows) {
      const name = PLACES[count] ?? elementName(String(count));
      count += 1;
      if (value) this.#child.encodeValue(writer, name, value, row, count);
      else this.#encodeChild(writer, name, row, count);
      if (writer.offset - start > ENOUGH_BYTES) break;
    }
    writer.end(array);
    this.#count(child.table, as, count);
  }

  #encodeSingle(writer: BsonWriter, rows: readonly SqlRow[], rowNumber: bigint | number): void {
    const { child, as } = this.#plan;
    const [first, ...others] = rows;
    this.#count(child.table, as, rows.length);
    if (first === undefined) return void writer.value(this.#name, null);
    if (others.length === 0) return this.#encodeChild(writer, this.#name, first, 1);
    const text = `A row has several rows of ${child.table} for ${as}, not one; they are kept as an array`;
    this.#context.note('EMBEDDED', text, rowNumber);
    const array = writer.beginArray(this.#name);
    for (const [place, row] of rows.entries()) {
      this.#encodeChild(writer, elementName(String(place)), row, place + 1);
    }
    writer.end(array);
  }

  #encodeChild(writer: BsonWriter, name: Uint8Array, row: SqlRow, position: number): void {
    const start = writer.beginDocument(name);
    this.#child.encodeFields(writer, row, position, false);
    writer.end(start);
  }

  #count(table: string, as: string, count: number): void {
    const { embedded } = this.#context;
    const key = embedKey(table, as);
    embedded.set(key, (embedded.get(key) ?? 0) + count);
  }
}

/** SQLite makes no index for a foreign key: without one, every parent would cost a scan, so an index is made beside the file. */
function prepareLookup(plan: EmbedPlan, source: SqliteSource): StatementSync {
  const { child, by, orderBy } = plan;
  const order = [...orderBy.map(quoted), ...(child.rowid === undefined ? [] : [child.rowid])].join(', ');
  const orderSql = order === '' ? '' : ` ORDER BY ${order}`;
  const table = quoted(child.table);
  const condition = by.map(([column]) => `${quoted(column)} = ?`).join(' AND ');
  const sql = `SELECT ${child.select} FROM ${table} WHERE ${condition}${orderSql}`;
  const plans = source.all(`EXPLAIN QUERY PLAN ${sql}`, ...by.map(() => null));
  const isScan = plans.some(({ detail }) => String(detail).startsWith('SCAN'));
  if (!isScan || child.rowid === undefined) return source.prepare(sql);
  copies += 1;
  const copy = `import_child_${copies}`;
  const columns = by.map(([column], place) => `${quoted(column)} AS k${place}`).join(', ');
  const names = by.map((_, place) => `k${place}`);
  source.exec(
    `CREATE TEMP TABLE ${copy} AS SELECT ${columns}, ${child.rowid} AS r FROM ${table};
     CREATE INDEX temp.${copy}_keys ON ${copy} (${[...names, 'r'].join(', ')})`,
  );
  const lookup = `SELECT r FROM temp.${copy} WHERE ${names.map((name) => `${name} = ?`).join(' AND ')}`;
  return source.prepare(
    `SELECT ${child.select} FROM ${table} WHERE ${child.rowid} IN (${lookup})${orderSql}`,
  );
}
