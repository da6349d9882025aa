/** The documents of one reply of `find`, `getMore`, `listCollections` or `listIndexes`. */
export interface Batch {
  /** As BSON, one behind the other. */
  documents: Buffer;
  count: number;
}

const TYPE = { text: 0x02, document: 0x03, array: 0x04, int64: 0x12 } as const;
/** Booleans, int32, timestamps, int64. */
const FIXED_BYTES = new Map<number | undefined, number>([
  [0x08, 1],
  [0x10, 4],
  [0x11, 8],
  [TYPE.int64, 8],
]);

/** What a reply says of its cursor, before anything in it is moved. */
export interface CursorReply {
  /** Zero when this was the last batch. */
  id: bigint;
  /** `firstBatch` or `nextBatch`, an array in BSON. */
  array: Buffer;
}

/** @param cursor - BSON, as the driver gives it with `raw: true` */
export function readCursor(cursor: Uint8Array): CursorReply {
  const bytes = Buffer.from(cursor.buffer, cursor.byteOffset, cursor.byteLength);
  let id = 0n;
  let array: Buffer | undefined;
  for (let at = 4; bytes[at] !== 0;) {
    const type = bytes[at];
    const nameAt = at + 1;
    at = bytes.indexOf(0, nameAt) + 1;
    const name = bytes.toString('latin1', nameAt, at - 1);
    if (name === 'id' && type === TYPE.int64) id = bytes.readBigInt64LE(at);
    const size = valueSize(bytes, type, at);
    if (name === 'firstBatch' || name === 'nextBatch') array = bytes.subarray(at, at + size);
    at += size;
  }
  if (!array) throw new TypeError('This reply holds no batch');
  return { id, array };
}

/**
 * Takes the documents out of a reply, as bytes. They are moved together within it, whose memory nobody else needs any more, so that
 * nothing is allocated for a document.
 */
export function takeBatch({ array }: CursorReply): Batch {
  // Elements: type, index as text, zero, document.
  const end = array.length - 1;
  let count = 0;
  let to = 0;
  for (let at = 4; at < end;) {
    // Behind the type and at least one digit.
    at += 2;
    while (array[at] !== 0) at += 1;
    at += 1;
    const next = at + array.readInt32LE(at);
    if (next > end) throw new RangeError('A document is larger than its reply');
    array.copyWithin(to, at, next);
    to += next - at;
    at = next;
    count += 1;
  }
  return { documents: array.subarray(0, to), count };
}

function valueSize(bytes: Buffer, type: number | undefined, at: number): number {
  if (type === TYPE.text) return 4 + bytes.readInt32LE(at);
  if (type === TYPE.document || type === TYPE.array) return bytes.readInt32LE(at);
  const size = FIXED_BYTES.get(type);
  if (size === undefined) throw new TypeError('This reply holds a value of an unexpected type');
  return size;
}
