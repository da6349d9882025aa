/** What one reply of `find`, `getMore`, `listCollections` or `listIndexes` holds. */
export interface Batch {
  /** Of the cursor; zero when this was the last batch. */
  id: bigint;
  /** The documents as BSON, one behind the other. */
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

/**
 * Takes the documents out of the `cursor` of a reply, as bytes. They are moved together within the reply, whose memory nobody else
 * needs any more, so that nothing is allocated for a document.
 *
 * @param cursor - BSON, as the driver gives it with `raw: true`
 */
export function takeBatch(cursor: Uint8Array): Batch {
  const bytes = Buffer.from(cursor.buffer, cursor.byteOffset, cursor.byteLength);
  let id = 0n;
  let batch: { documents: Buffer; count: number } | undefined;
  for (let at = 4; bytes[at] !== 0;) {
    const type = bytes[at];
    const nameAt = at + 1;
    at = bytes.indexOf(0, nameAt) + 1;
    const name = bytes.toString('latin1', nameAt, at - 1);
    if (name === 'id' && type === TYPE.int64) id = bytes.readBigInt64LE(at);
    const size = valueSize(bytes, type, at);
    // Last, since it moves what is inside.
    if (name === 'firstBatch' || name === 'nextBatch') batch = moveTogether(bytes.subarray(at, at + size));
    at += size;
  }
  if (!batch) throw new TypeError('This reply holds no batch');
  return { id, ...batch };
}

/** @param array - Elements: type, index as text, zero, document */
function moveTogether(array: Buffer): { documents: Buffer; count: number } {
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
