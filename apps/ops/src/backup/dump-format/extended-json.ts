import { mongo } from 'mongoose';
import { JsonNumber, parseOrderedJson, type OrderedJson } from './ordered-json.ts';

const { BSON } = mongo;
const TYPE = { document: 3, array: 4, undefined: 6 } as const;
/** What lets one value stand in a document of its own: size, type, empty name, and the end. */
const FRAME_BYTES = 4 + 1 + 1 + 1;
/** What a document may consist of that stands for a value; `$regex` is none of them, but an operator. */
const WRAPPERS: readonly string[] = [
  '$oid',
  '$symbol',
  '$numberInt',
  '$numberLong',
  '$numberDouble',
  '$numberDecimal',
  '$binary',
  '$uuid',
  '$code',
  '$code,$scope',
  '$timestamp',
  '$regularExpression',
  '$dbPointer',
  '$date',
  '$minKey',
  '$maxKey',
  '$undefined',
];

/**
 * Canonical Extended JSON of a document in BSON, with every type told apart. It goes through no object, in which keys such as `"0"`
 * would move to the front: the order of the fields of an index is its meaning.
 *
 * @see https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md
 */
export function toExtendedJson(document: Uint8Array): string {
  const fields = elementsOf(document).map(({ name, text }) => `${JSON.stringify(name)}:${text}`);
  return `{${fields.join(',')}}`;
}

/**
 * The reverse of {@link toExtendedJson}; relaxed Extended JSON is read as well.
 *
 * @returns BSON
 * @throws {SyntaxError} When the text is no JSON object
 */
export function fromExtendedJson(text: string): Uint8Array {
  const json = parseOrderedJson(text);
  if (!(json instanceof Map)) throw new SyntaxError('This JSON is no object');
  return toBson(json);
}

/** As {@link fromExtendedJson}, of what was parsed already. */
export function toBson(json: Map<string, OrderedJson>): Uint8Array {
  return BSON.serialize(new Map([...json].map(([name, value]) => [name, toValue(value)])));
}

/** Fields of a document, in their order and with the type that they have in BSON. */
export function elementsOf(
  document: Uint8Array,
): { name: string; type: number; value: Buffer; text: string }[] {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  return [...BSON.onDemand.parseToElements(document)].map(([type, nameAt, nameSize, at, size]) => {
    const value = bytes.subarray(at, at + size);
    return {
      name: bytes.toString('utf8', nameAt, nameAt + nameSize),
      type,
      value,
      text: toText(type, value),
    };
  });
}

function toText(type: number, value: Buffer): string {
  if (type === TYPE.document) return toExtendedJson(value);
  if (type === TYPE.array)
    return `[${elementsOf(value)
      .map(({ text }) => text)
      .join(',')}]`;
  if (type === TYPE.undefined) return '{"$undefined":true}';
  const framed = Buffer.alloc(FRAME_BYTES + value.length);
  framed.writeInt32LE(framed.length, 0);
  framed.writeUInt8(type, 4);
  value.copy(framed, FRAME_BYTES - 1);
  const { '': decoded } = BSON.deserialize(framed, { promoteValues: false, bsonRegExp: true });
  return BSON.EJSON.stringify(decoded, { relaxed: false });
}

/** A value that `BSON.serialize` writes with its own type. Maps are documents, whose order it keeps. */
function toValue(json: OrderedJson): unknown {
  if (json instanceof JsonNumber) return toNumber(json.token);
  if (Array.isArray(json)) return json.map(toValue);
  if (!(json instanceof Map)) return json;
  if (WRAPPERS.includes([...json.keys()].join(','))) {
    return BSON.EJSON.deserialize(toPlain(json) as mongo.BSON.Document, { relaxed: false });
  }
  return new Map([...json].map(([name, value]) => [name, toValue(value)]));
}

function toNumber(token: string): number | bigint | mongo.BSON.Double {
  const value = Number(token);
  if (!/^-?\d+$/.test(token)) return new BSON.Double(value);
  if (value === Math.trunc(value) && Math.abs(value) <= 0x7fff_ffff) return value;
  return BigInt.asIntN(64, BigInt(token)) === BigInt(token) ? BigInt(token) : new BSON.Double(value);
}

/** What stands for a value has no keys whose order matters. */
function toPlain(json: OrderedJson): unknown {
  if (json instanceof JsonNumber) return Number(json.token);
  if (Array.isArray(json)) return json.map(toPlain);
  return json instanceof Map
    ? Object.fromEntries([...json].map(([key, value]) => [key, toPlain(value)]))
    : json;
}
