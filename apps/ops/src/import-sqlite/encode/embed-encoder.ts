import type { StatementSync } from 'node:sqlite';
import type { EmbedPlan, FieldPlan } from '../plan/import-plan.ts';
import { quoted, type SqlRow, type SqlValue, type SqliteSource } from '../source/sqlite-source.ts';
import { elementName, type BsonWriter } from './bson-writer.ts';
import { embedKey, type ChildEncoder, type EncoderContext } from './encoder-context.ts';

/** Names of the first elements of an array. */
const PLACES = Array.from({ length: 256 }, (_, place) => elementName(String(place)));
/** A larger document cannot be stored, so that nothing more of it has to be read. */
const ENOUGH_BYTES = 17 * 1_048_576;

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
    const { isSingle, value, child, as } = this.#plan;
    const rows = this.#statement.iterate(...this.#identityOf(parent)) as unknown as Iterable<SqlRow>;
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

  /** Text goes as bytes: what is not valid would be changed on its way. */
  #identityOf(parent: SqlRow): SqlValue[] {
    const bytesBehind = (parent.length - 1) / 2;
    return this.#plan.identity.flatMap(({ field }) =>
      field === undefined
        ? [parent[0] ?? null]
        : [parent[field.place + bytesBehind] ?? null, parent[field.place] ?? null],
    );
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

/** The rows of the child that belong to one of the parent, by an index where there is one that tells. */
function prepareLookup(plan: EmbedPlan, source: SqliteSource): StatementSync {
  const { child, parent, identity, belongs, belongsByIndex, orderBy } = plan;
  const table = quoted(child.table);
  const order = [
    ...orderBy.map((column) => `${table}.${quoted(column)}`),
    ...(child.rowid === undefined ? [] : [child.rowid]),
  ];
  const ordered = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
  const select = `SELECT ${child.select} FROM`;
  const isParent = identity.map(({ sql, field }) => isEqual(sql, field)).join(' AND ');
  const both = `${quoted(parent)} CROSS JOIN ${table}`;
  if (belongsByIndex !== undefined) {
    const sql = `${select} ${both} WHERE ${isParent} AND ${belongsByIndex}${ordered}`;
    if (child.rowid === undefined || !isScan(sql, source)) return source.prepare(sql);
  }
  if (child.rowid === undefined) {
    const found = `EXISTS (SELECT 1 FROM ${quoted(parent)} WHERE ${isParent} AND ${belongs})`;
    return source.prepare(`${select} ${table} WHERE ${found}${ordered}`);
  }
  const pairs = preparePairs(plan, child.rowid, source);
  return source.prepare(`${select} ${table} WHERE ${child.rowid} IN (${pairs})${ordered}`);
}

/**
 * SQLite makes no index for a foreign key, and none serves a comparison of several types: without one, every parent would cost a scan. So
 * what belongs together is written down beside the file.
 *
 * @returns A query for the rowids of the child
 */
function preparePairs(
  { child, parent, identity, belongs }: EmbedPlan,
  rowid: string,
  source: SqliteSource,
): string {
  const name = source.temporaryName();
  const keys = identity.map((_, place) => `k${place}`);
  const columns = identity.map(({ sql }, place) => `${sql} AS ${keys[place]}`).join(', ');
  source.exec(
    `CREATE TEMP TABLE ${name} AS
       SELECT ${columns}, ${rowid} AS r FROM ${quoted(child.table)} CROSS JOIN ${quoted(parent)} WHERE ${belongs};
     CREATE INDEX temp.${name}_keys ON ${name} (${keys.join(', ')}, r)`,
  );
  const isParent = identity.map(({ field }, place) => isEqual(`k${place}`, field)).join(' AND ');
  return `SELECT r FROM temp.${name} WHERE ${isParent}`;
}

/** With parameters as {@link EmbedEncoder} gives them. */
function isEqual(sql: string, field: FieldPlan | undefined): string {
  return field === undefined ? `${sql} = ?` : `${sql} = coalesce(CAST(? AS TEXT), ?) COLLATE BINARY`;
}

function isScan(sql: string, source: SqliteSource): boolean {
  const details = source.all(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => String(detail));
  return details.some((detail) => /^SCAN|AUTOMATIC/.test(detail));
}
