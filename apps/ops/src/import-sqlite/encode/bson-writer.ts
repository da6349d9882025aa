import { mongo } from 'mongoose';
import type { SqlValue } from '../source/sqlite-source.ts';
import { DocumentTooLargeError, MAX_DOCUMENT_BYTES } from './document-too-large.error.ts';

/** Types of elements. @see https://bsonspec.org/spec.html */
const TYPE = {
  double: 1,
  string: 2,
  document: 3,
  array: 4,
  binary: 5,
  boolean: 8,
  date: 9,
  null: 10,
  int: 16,
  long: 18,
} as const;
const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
/** Text up to this length is written here, without a call into native code. */
const SHORT_TEXT = 48;
/** Bytes that the widest fixed value and its frame take. */
const FIXED_BYTES = 32;
/** Three bytes a character are reserved up to here; longer text is measured first. */
const LONG_TEXT = 4_096;

/** A name as an element holds it: UTF-8 and a zero. */
export function elementName(name: string): Uint8Array {
  return Buffer.from(`${name}\0`, 'utf8');
}

/** Writes BSON into one growing piece of memory, one document after the other. */
export class BsonWriter {
  bytes: Buffer;
  /** Where the next byte goes. */
  offset = 0;
  view: DataView;

  constructor(sizeBytes: number) {
    this.bytes = Buffer.alloc(sizeBytes);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }

  /** Begins a document. @returns Where, for {@link end} */
  begin(): number {
    this.#reserve(FIXED_BYTES);
    const start = this.offset;
    this.offset += 4;
    return start;
  }

  /** Ends the document or array that began at `start`. */
  end(start: number): void {
    this.#reserve(1);
    this.bytes[this.offset++] = 0;
    this.view.setInt32(start, this.offset - start, true);
  }

  beginDocument(name: Uint8Array): number {
    this.#head(TYPE.document, name, FIXED_BYTES);
    return this.begin();
  }

  beginArray(name: Uint8Array): number {
    this.#head(TYPE.array, name, FIXED_BYTES);
    return this.begin();
  }

  /**
   * Writes a value of SQLite in the type that it has there.
   *
   * @returns Whether it was text that is not all ASCII
   */
  value(name: Uint8Array, value: SqlValue): boolean {
    if (typeof value === 'string') return this.#text(name, value);
    if (typeof value === 'bigint') this.#integer(name, value);
    else if (typeof value === 'number') this.#double(name, value);
    else if (value === null) this.#head(TYPE.null, name, 0);
    else this.binary(name, value, 0);
    return false;
  }

  binary(name: Uint8Array, value: Uint8Array, subtype: number): void {
    this.#head(TYPE.binary, name, value.length + FIXED_BYTES);
    this.view.setInt32(this.offset, value.length, true);
    this.bytes[this.offset + 4] = subtype;
    this.bytes.set(value, this.offset + 5);
    this.offset += 5 + value.length;
  }

  /**
   * Writes anything that BSON knows.
   *
   * @throws {@link DocumentTooLargeError} When the value alone is more than a document may be
   */
  any(name: Uint8Array, value: unknown): void {
    if (value instanceof Date) {
      this.#head(TYPE.date, name, FIXED_BYTES);
      this.view.setBigInt64(this.offset, BigInt(value.getTime()), true);
      this.offset += 8;
    } else if (typeof value === 'boolean') {
      this.#head(TYPE.boolean, name, FIXED_BYTES);
      this.bytes[this.offset++] = value ? 1 : 0;
    } else if (typeof value === 'string') this.#text(name, value);
    else if (value instanceof mongo.Binary) this.binary(name, value.value(), value.sub_type);
    else {
      // One element: its length, type and name before it, and a zero after it.
      const document = serialize({ v: value });
      this.#head(document[4] ?? TYPE.null, name, document.length);
      this.bytes.set(document.subarray(7, -1), this.offset);
      this.offset += document.length - 8;
    }
  }

  #integer(name: Uint8Array, value: bigint): void {
    const number = Number(value);
    if (number <= INT32.max && number >= INT32.min) {
      this.#head(TYPE.int, name, FIXED_BYTES);
      this.view.setInt32(this.offset, number, true);
      this.offset += 4;
    } else {
      this.#head(TYPE.long, name, FIXED_BYTES);
      this.view.setBigInt64(this.offset, value, true);
      this.offset += 8;
    }
  }

  #double(name: Uint8Array, value: number): void {
    this.#head(TYPE.double, name, FIXED_BYTES);
    this.view.setFloat64(this.offset, value, true);
    this.offset += 8;
  }

  #text(name: Uint8Array, text: string): boolean {
    const { length } = text;
    this.#head(TYPE.string, name, (length > LONG_TEXT ? Buffer.byteLength(text) : length * 3) + FIXED_BYTES);
    const start = this.offset + 4;
    const size = (length <= SHORT_TEXT && this.#ascii(text, start)) || this.bytes.write(text, start, 'utf8');
    this.view.setInt32(this.offset, size + 1, true);
    this.offset = start + size;
    this.bytes[this.offset++] = 0;
    return size !== length;
  }

  /** @returns Bytes written, 0 when the text has other characters or none */
  #ascii(text: string, start: number): number {
    const { bytes } = this;
    const { length } = text;
    for (let place = 0; place < length; place += 1) {
      const code = text.charCodeAt(place);
      if (code > 127) return 0;
      bytes[start + place] = code;
    }
    return length;
  }

  #head(type: number, name: Uint8Array, sizeBytes: number): void {
    const { length } = name;
    this.#reserve(length + sizeBytes + 1);
    const { bytes } = this;
    let { offset } = this;
    bytes[offset++] = type;
    for (let place = 0; place < length; place += 1) bytes[offset++] = name[place] ?? 0;
    this.offset = offset;
  }

  #reserve(sizeBytes: number): void {
    const needed = this.offset + sizeBytes;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(needed, Math.ceil(this.bytes.length * 1.5)));
    this.bytes.copy(larger, 0, 0, this.offset);
    this.bytes = larger;
    this.view = new DataView(larger.buffer, larger.byteOffset, larger.length);
  }
}

/** @throws {@link DocumentTooLargeError} */
function serialize(value: mongo.Document): Uint8Array {
  const document = tryToSerialize(value);
  // What does not fit into its memory, which is larger than this, the driver may also cut.
  if (document.length > MAX_DOCUMENT_BYTES) throw new DocumentTooLargeError();
  return document;
}

function tryToSerialize(value: mongo.Document): Uint8Array {
  try {
    return mongo.BSON.serialize(value, { checkKeys: false });
  } catch (error) {
    if (!Error.isError(error) || error.name !== 'RangeError') throw error;
    throw new DocumentTooLargeError({ cause: error });
  }
}
