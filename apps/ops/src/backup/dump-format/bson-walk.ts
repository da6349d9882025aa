import { BackupError } from '../backup.error.ts';

/** The least that is a document: its size, and the end. */
const LEAST_BYTES = 5;
/** A document of 16 MiB, and what the server may put round it: entries of an oplog are larger. */
const LARGEST_BYTES = 16 * 1_024 * 1_024 + 16 * 1_024;
const DEEPEST = 250;

/** Sizes of the types whose values have one. */
const FIXED_BYTES: Readonly<Record<number, number>> = {
  0x01: 8, // double
  0x06: 0, // undefined
  0x07: 12, // ObjectId
  0x08: 1, // boolean
  0x09: 8, // date
  0x0a: 0, // null
  0x10: 4, // int32
  0x11: 8, // timestamp
  0x12: 8, // int64
  0x13: 16, // decimal128
  0x7f: 0, // MaxKey
  0xff: 0, // MinKey
};

/**
 * Size of the document that begins at `at`, or `undefined` when too few bytes are there to know.
 *
 * @throws {@link BackupError} `BACKUP_DAMAGED` when no document has this size
 */
export function documentSize(bytes: Buffer, at: number): number | undefined {
  if (at + 4 > bytes.length) return undefined;
  const size = bytes.readInt32LE(at);
  if (size < LEAST_BYTES || size > LARGEST_BYTES) throw damaged('a document has an impossible size');
  return size;
}

/**
 * Cuts a stream of bytes into its documents.
 *
 * @returns For each chunk the documents that end in it; they share its memory
 * @throws {@link BackupError} `BACKUP_DAMAGED` when the stream ends within a document
 */
export async function* splitDocuments(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let missing = LEAST_BYTES;
  for await (const chunk of chunks) {
    rest.push(chunk);
    restBytes += chunk.length;
    // A large document arrives in many chunks: they are joined once, when it is there.
    if (restBytes < missing) continue;
    const bytes = rest.length === 1 ? chunk : Buffer.concat(rest, restBytes);
    const { documents, end, next } = takeDocuments(bytes);
    rest = end < bytes.length ? [bytes.subarray(end)] : [];
    restBytes = bytes.length - end;
    missing = next;
    if (documents.length > 0) yield documents;
  }
  if (restBytes > 0) throw damaged('it ends within a document');
}

/** The whole documents in `bytes`, where they end, and how many bytes the one that follows needs. */
export function takeDocuments(bytes: Buffer): { documents: Buffer[]; end: number; next: number } {
  const documents: Buffer[] = [];
  let end = 0;
  for (;;) {
    const size = documentSize(bytes, end);
    if (size === undefined || end + size > bytes.length) {
      return { documents, end, next: size ?? LEAST_BYTES };
    }
    documents.push(bytes.subarray(end, end + size));
    end += size;
  }
}

/**
 * Walks through a document without decoding it: every type is one that exists, every size fits into its parent.
 *
 * @throws {@link BackupError} `BACKUP_DAMAGED`
 */
export function checkDocument(document: Buffer): void {
  if (documentSize(document, 0) !== document.length) throw damaged('the size of a document is wrong');
  walk(document, 0, document.length, 0);
}

function walk(bytes: Buffer, start: number, end: number, depth: number): void {
  if (depth > DEEPEST) throw damaged('a document is nested too deep');
  if (bytes[end - 1] !== 0) throw damaged('a document has no end');
  let at = start + 4;
  while (at < end - 1) {
    const type = bytes[at] ?? 0;
    const value = stringEnd(bytes, at + 1, end);
    at = value + valueSize(bytes, type, value, end, depth);
    if (at > end - 1) throw damaged('a value is larger than its document');
  }
}

function valueSize(bytes: Buffer, type: number, at: number, end: number, depth: number): number {
  const fixed = FIXED_BYTES[type];
  if (fixed !== undefined) return fixed;
  if (type === 0x0b) return stringEnd(bytes, stringEnd(bytes, at, end), end) - at; // regular expression
  if (at + 4 > end) throw damaged('a value is cut off');
  const size = bytes.readInt32LE(at);
  switch (type) {
    case 0x02: // string
    case 0x0d: // code
    case 0x0e: // symbol
      return textSize(bytes, at, size, end);
    case 0x0c: // pointer to another database
      return textSize(bytes, at, size, end) + 12;
    case 0x05: // binary
      if (size < 0) throw damaged('a value has a negative size');
      return 4 + 1 + size;
    case 0x03: // document
    case 0x04: // array
      if (size < LEAST_BYTES || at + size > end) throw damaged('a value is larger than its document');
      walk(bytes, at, at + size, depth + 1);
      return size;
    case 0x0f: // code with scope
      if (size < 4 + LEAST_BYTES + LEAST_BYTES || at + size > end)
        throw damaged('a value is larger than its document');
      return size;
    default:
      throw damaged('a value has a type that does not exist');
  }
}

function textSize(bytes: Buffer, at: number, size: number, end: number): number {
  if (size < 1 || at + 4 + size > end || bytes[at + 4 + size - 1] !== 0) throw damaged('a text has no end');
  return 4 + size;
}

/** Where the text that ends with a zero is over. */
function stringEnd(bytes: Buffer, at: number, end: number): number {
  const zero = bytes.indexOf(0, at);
  if (zero === -1 || zero >= end) throw damaged('a name has no end');
  return zero + 1;
}

function damaged(what: string): BackupError {
  return new BackupError('BACKUP_DAMAGED', `The backup is damaged: ${what}`);
}
