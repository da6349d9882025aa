import { mongo } from 'mongoose';

const { BSON } = mongo;
const DOCUMENT = 3;
const ARRAY = 4;
/** Numbers, binaries and regular expressions keep their BSON type. */
const EXACT = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const;

/**
 * A document whose fields keep their order, whatever their names: an object would put a field called `1` first. Documents in it are
 * such maps as well, arrays are arrays, and a scalar is what the driver has for its BSON type.
 */
export type OrderedDocument = Map<string, unknown>;

/**
 * Decodes a document so that encoding it again gives the same bytes.
 *
 * @param bytes - One BSON document
 */
export function toOrdered(bytes: Uint8Array): OrderedDocument {
  return new Map(entriesOf(bytes));
}

/** The bytes of what {@link toOrdered} made. */
export function fromOrdered(document: OrderedDocument): Buffer {
  return Buffer.from(BSON.serialize(document));
}

function entriesOf(bytes: Uint8Array): [string, unknown][] {
  return Array.from(BSON.onDemand.parseToElements(bytes), ([type, nameAt, nameLength, at, length]) => {
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + nameAt, nameLength).toString();
    return [name, valueOf(type, bytes.subarray(at, at + length))];
  });
}

function valueOf(type: number, bytes: Uint8Array): unknown {
  if (type === DOCUMENT) return toOrdered(bytes);
  if (type === ARRAY) return entriesOf(bytes).map(([, value]) => value);
  // As the only field of a document, whose name is `v`.
  const whole = Buffer.alloc(4 + 3 + bytes.length + 1);
  whole.writeInt32LE(whole.length);
  whole.set([type, 0x76, 0], 4);
  whole.set(bytes, 7);
  return BSON.deserialize(whole, EXACT).v;
}
