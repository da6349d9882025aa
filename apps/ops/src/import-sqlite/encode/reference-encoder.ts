import type { StatementSync } from 'node:sqlite';
import type { ReferencePlan } from '../plan/import-plan.ts';
import { quoted, type SqlRow } from '../source/sqlite-source.ts';
import { elementName, type BsonWriter } from './bson-writer.ts';
import { rowNumberOf, type EncoderContext } from './encoder-context.ts';

/** What writes the `_id` of the rows that are named. */
export interface IdEncoder {
  encodeId(writer: BsonWriter, name: Uint8Array, row: SqlRow, position: number): boolean;
}

/** Writes the `_id` of the document that a foreign key names. */
export class ReferenceEncoder {
  readonly #plan: ReferencePlan;
  readonly #name: Uint8Array;
  readonly #target: IdEncoder;
  readonly #statement: StatementSync;
  readonly #context: EncoderContext;

  constructor(plan: ReferencePlan, context: EncoderContext, target: IdEncoder) {
    this.#plan = plan;
    this.#context = context;
    this.#name = elementName(plan.field);
    this.#target = target;
    const { select, table } = plan.target;
    const condition = plan.by.map(([column]) => `${quoted(column)} = ?`).join(' AND ');
    this.#statement = context.source.prepare(
      `SELECT ${select} FROM ${quoted(table)} WHERE ${condition} LIMIT 1`,
    );
  }

  encode(writer: BsonWriter, row: SqlRow, position: number): void {
    const values = this.#plan.by.map(([, field]) => row[field.place] ?? null);
    if (values.includes(null)) return void writer.value(this.#name, null);
    const found = this.#statement.get(...values) as unknown as SqlRow | undefined;
    if (found) return void this.#target.encodeId(writer, this.#name, found, 0);
    writer.value(this.#name, null);
    const text = `The reference ${this.#plan.field} names a row that is not in ${this.#plan.target.table}; it is null`;
    this.#context.note('DANGLING_REFERENCE', text, rowNumberOf(row, position));
  }
}
