import type { StatementSync } from 'node:sqlite';
import type { FieldPlan, IdPlan, RowPlan } from '../plan/import-plan.ts';
import { decodeText } from '../source/decode-text.ts';
import { quoted, type SqlRow, type SqlValue } from '../source/sqlite-source.ts';
import { elementName, type BsonWriter } from './bson-writer.ts';
import { DocumentTooLargeError, MAX_DOCUMENT_BYTES } from './document-too-large.error.ts';
import { EmbedEncoder } from './embed-encoder.ts';
import { rowNumberOf, type EncoderContext } from './encoder-context.ts';
import { ReferenceEncoder } from './reference-encoder.ts';
import { UNCHANGED } from './unchanged.ts';

/** Subtype of {@link https://bsonspec.org/spec.html binary} for text that is not valid: the first of those for users, so no blob equals it. */
export const BROKEN_TEXT_SUBTYPE = 0x80;

const ID = elementName('_id');
const ROWID = elementName('rowid');
const POSITION = elementName('position');
const REPLACEMENT = '\uFFFD';
const NO_KEY = 'has no key: NULL in the primary key; the _id is made of the row number';

interface NamedField {
  field: FieldPlan;
  name: Uint8Array;
}

/** Turns the rows of one table into BSON. */
export class RowEncoder {
  readonly plan: RowPlan;
  readonly #context: EncoderContext;
  readonly #isUtf8: boolean;
  readonly #fields: NamedField[];
  readonly #embeds: EmbedEncoder[];
  readonly #references: ReferenceEncoder[];
  readonly #rawText = new Map<FieldPlan, StatementSync>();

  constructor(plan: RowPlan, context: EncoderContext) {
    this.plan = plan;
    this.#context = context;
    this.#isUtf8 = context.source.encoding === 'UTF-8';
    this.#fields = plan.fields.map((field) => ({ field, name: elementName(field.field) }));
    this.#embeds = plan.embeds.map(
      (embed) => new EmbedEncoder(embed, context, new RowEncoder(embed.child, context)),
    );
    this.#references = plan.references.map(
      (reference) =>
        new ReferenceEncoder(reference, context, new RowEncoder(reference.target, context), this),
    );
  }

  /**
   * Writes the document of a row.
   *
   * @param position - Place of the row, from 1
   * @throws {@link DocumentTooLargeError} After which what was written of it is to be taken back
   */
  encode(writer: BsonWriter, row: SqlRow, position: number): void {
    const start = writer.begin();
    const rowNumber = rowNumberOf(row, position);
    const hasKey = this.encodeId(writer, ID, row, position);
    if (!hasKey) this.#context.note('NULL_KEY', `A row of ${this.plan.table} ${NO_KEY}`, rowNumber);
    this.encodeFields(writer, row, position, !hasKey);
    writer.end(start);
    if (writer.offset - start > MAX_DOCUMENT_BYTES) throw new DocumentTooLargeError();
  }

  /** Writes what follows the `_id`. */
  encodeFields(writer: BsonWriter, row: SqlRow, position: number, withKey: boolean): void {
    const { omitNulls } = this.plan;
    for (const { field, name } of this.#fields) {
      const value = row[field.place] ?? null;
      if (!field.isWritten && !(withKey && isKey(this.plan.id, field))) continue;
      if (value === null && omitNulls) continue;
      this.encodeValue(writer, name, field, row, position);
    }
    for (const reference of this.#references) reference.encode(writer, row, position);
    for (const embed of this.#embeds) embed.encode(writer, row, rowNumberOf(row, position));
  }

  /**
   * Writes the `_id` of a row under any name.
   *
   * @returns Whether it is made of the key; a key with NULL in it is none
   */
  encodeId(writer: BsonWriter, name: Uint8Array, row: SqlRow, position: number): boolean {
    const { id, rowid } = this.plan;
    const keyFields = id.from === 'column' ? [id.field] : id.from === 'columns' ? id.fields : [];
    if (keyFields.some((field) => (row[field.place] ?? null) === null)) {
      const start = writer.beginDocument(name);
      if (rowid === undefined) writer.value(POSITION, BigInt(position));
      else writer.value(ROWID, row[0] ?? null);
      writer.end(start);
      return false;
    }
    if (id.from === 'column') this.encodeValue(writer, name, id.field, row, position);
    else if (id.from === 'columns') {
      const start = writer.beginDocument(name);
      for (const field of id.fields) {
        this.encodeValue(writer, elementName(field.field), field, row, position);
      }
      writer.end(start);
    } else writer.value(name, id.from === 'rowid' ? (row[0] ?? null) : BigInt(position));
    return true;
  }

  /** A value of a row, to look others up by it. */
  keyOf(field: FieldPlan, row: SqlRow): [bytes: Uint8Array | null, value: SqlValue] {
    const value = row[field.place] ?? null;
    return [(typeof value === 'string' && this.#bytesIfUnsure(value, field, row)) || null, value];
  }

  /** Writes one value in the type that the mapping wants, or in its own. */
  encodeValue(writer: BsonWriter, name: Uint8Array, field: FieldPlan, row: SqlRow, position: number): void {
    const value = row[field.place] ?? null;
    const { convert } = field;
    if (convert === undefined && (this.#isUtf8 || typeof value !== 'string')) {
      const start = writer.offset;
      // Writing tells what is all ASCII, in which there is nothing to look for.
      const isForeign = writer.value(name, value);
      if (!isForeign || typeof value !== 'string' || !value.includes(REPLACEMENT)) return;
      writer.offset = start;
    }
    const stored = typeof value === 'string' ? this.#stored(value, field, row) : value;
    if (typeof value === 'string' && stored instanceof Uint8Array) {
      writer.binary(name, stored, BROKEN_TEXT_SUBTYPE);
      const text = `A text of ${this.plan.table}.${field.column} is not valid; its bytes are kept as binary of subtype 128`;
      this.#context.note('TEXT_NOT_UTF8', text, rowNumberOf(row, position));
    } else {
      const converted = convert && stored !== null ? convert(stored) : UNCHANGED;
      if (converted !== UNCHANGED) return writer.any(name, converted);
      writer.value(name, stored);
    }
    if (convert && stored !== null) this.#noteUnconverted(field, row, position);
  }

  /** A text as it is in the file, or its bytes where they are no valid text, which SQLite keeps as well. */
  #stored(read: string, field: FieldPlan, row: SqlRow): Uint8Array | string {
    const bytes = this.#bytesIfUnsure(read, field, row);
    return bytes === undefined ? read : (decodeText(bytes, this.#context.source.encoding) ?? bytes);
  }

  /** What is not UTF-8 comes with replacement characters; what SQLite makes of UTF-16 tells nothing. */
  #bytesIfUnsure(read: string, field: FieldPlan, row: SqlRow): Uint8Array | undefined {
    return this.#isUtf8 && !read.includes(REPLACEMENT) ? undefined : this.#bytesOf(field, row);
  }

  #noteUnconverted(field: FieldPlan, row: SqlRow, position: number): void {
    const text = `A value of ${this.plan.table}.${field.column} cannot become what the mapping says; it is kept as it is`;
    this.#context.note('NOT_CONVERTED', text, rowNumberOf(row, position));
  }

  #bytesOf(field: FieldPlan, row: SqlRow): Uint8Array | undefined {
    const { table, rowid, hasBytes, fields } = this.plan;
    if (hasBytes) return asBytes(row[field.place + columnsIn(fields, row)]);
    let statement = this.#rawText.get(field);
    if (statement === undefined) {
      const sql = `SELECT CAST(${quoted(field.column)} AS BLOB) FROM ${quoted(table)} WHERE ${rowid} = ?`;
      statement = this.#context.source.prepare(sql);
      this.#rawText.set(field, statement);
    }
    const found = statement.get(row[0] ?? null) as unknown as SqlRow | undefined;
    return asBytes(found?.[0]);
  }
}

function isKey(id: IdPlan, field: FieldPlan): boolean {
  return id.from === 'column' && id.field === field;
}

/** The bytes of text follow the columns, in the same order. */
function columnsIn(fields: readonly FieldPlan[], row: SqlRow): number {
  return fields.length === 0 ? 0 : (row.length - 1) / 2;
}

function asBytes(value: SqlValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}
