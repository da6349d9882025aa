import type { StatementSync } from 'node:sqlite';
import type { FieldPlan, ReferencePlan } from '../plan/import-plan.ts';
import { quoted, type SqlRow, type SqlValue } from '../source/sqlite-source.ts';
import { elementName, type BsonWriter } from './bson-writer.ts';
import { rowNumberOf, type EncoderContext } from './encoder-context.ts';

/** What writes the `_id` of the rows that are named. */
export interface IdEncoder {
  encodeId(writer: BsonWriter, name: Uint8Array, row: SqlRow, position: number): boolean;
}

/** What reads the values of the rows that name others. */
export interface KeyReader {
  /** The bytes of a text that could be another one after the way there and back, or NULL; and the value as it was read. */
  keyOf(field: FieldPlan, row: SqlRow): [bytes: Uint8Array | null, value: SqlValue];
}

/** Writes the `_id` of the document that a foreign key names. */
export class ReferenceEncoder {
  readonly #plan: ReferencePlan;
  readonly #name: Uint8Array;
  readonly #target: IdEncoder;
  readonly #owner: KeyReader;
  readonly #statement: StatementSync;
  readonly #context: EncoderContext;

  constructor(plan: ReferencePlan, context: EncoderContext, target: IdEncoder, owner: KeyReader) {
    this.#plan = plan;
    this.#context = context;
    this.#name = elementName(plan.field);
    this.#target = target;
    this.#owner = owner;
    const { select, table } = plan.target;
    // A function has no affinity, as a parameter has none.
    const condition = plan.by
      .map(([column]) => `${quoted(column)} = coalesce(CAST(? AS TEXT), ?)`)
      .join(' AND ');
    this.#statement = context.source.prepare(
      `SELECT ${select} FROM ${quoted(table)} WHERE ${condition} LIMIT 1`,
    );
  }

  encode(writer: BsonWriter, row: SqlRow, position: number): void {
    const keys = this.#plan.by.map(([, field]) => this.#owner.keyOf(field, row));
    if (keys.some(([, value]) => value === null)) return void writer.value(this.#name, null);
    const found = this.#statement.get(...keys.flat()) as unknown as SqlRow | undefined;
    if (found) return void this.#target.encodeId(writer, this.#name, found, 0);
    writer.value(this.#name, null);
    const text = `The reference ${this.#plan.field} names a row that is not in ${this.#plan.target.table}; it is null`;
    this.#context.note('DANGLING_REFERENCE', text, rowNumberOf(row, position));
  }
}
