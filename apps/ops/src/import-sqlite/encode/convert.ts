import { isUtf8 } from 'node:buffer';
import { mongo } from 'mongoose';
import type { ColumnType, DateFormat } from '../mapping/mapping.ts';
import type { SqlValue } from '../source/sqlite-source.ts';
import { exactDouble } from './exact-double.ts';
import { parseJson } from './parse-json.ts';
import { toDate } from './to-date.ts';
import { UNCHANGED } from './unchanged.ts';

type Value = Exclude<SqlValue, null>;

/** A value as something of BSON, or {@link UNCHANGED} when it cannot become that without loss. */
export type Convert = (value: Value) => unknown;

const INT32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const BOOLEANS = new Map<unknown, boolean>(
  ['0', 'f', 'false', 'n', 'no', 'off', 0, 0n]
    .map((value): [unknown, boolean] => [value, false])
    .concat(['1', 't', 'true', 'y', 'yes', 'on', 1, 1n].map((value) => [value, true])),
);

/** What a mapping says about the type of a column, as a function. */
export function converterFor(
  type: ColumnType,
  { format = 'auto', truncate = false }: { format?: DateFormat; truncate?: boolean } = {},
): Convert {
  switch (type) {
    case 'int':
      return (value) => whole(value, INT32, (number) => new mongo.BSON.Int32(Number(number)));
    case 'long':
      return (value) => whole(value, INT64, (number) => mongo.Long.fromBigInt(number));
    case 'double':
      return toDouble;
    case 'decimal':
      return toDecimal;
    case 'string':
      return toText;
    case 'bool':
      return (value) => BOOLEANS.get(typeof value === 'string' ? value.toLowerCase() : value) ?? UNCHANGED;
    case 'date':
      return (value) => toDate(value, format, truncate) ?? UNCHANGED;
    case 'binary':
      return (value) =>
        typeof value === 'string' ? new mongo.Binary(Buffer.from(value, 'utf8')) : UNCHANGED;
    case 'uuid':
      return toUuid;
    case 'objectId':
      return toObjectId;
    case 'json':
      return (value) => (typeof value === 'string' ? parseJson(value) : UNCHANGED);
  }
}

function whole(value: Value, { min, max }: typeof INT64, make: (number: bigint) => unknown): unknown {
  if (value instanceof Uint8Array) return UNCHANGED;
  const isWhole = typeof value === 'string' ? /^[+-]?\d{1,19}$/.test(value) : Number.isInteger(value);
  if (typeof value !== 'bigint' && !isWhole) return UNCHANGED;
  const number = BigInt(value);
  return number < min || number > max ? UNCHANGED : make(number);
}

function toDouble(value: Value): unknown {
  if (typeof value === 'bigint') {
    return BigInt(Number(value)) === value ? new mongo.BSON.Double(Number(value)) : UNCHANGED;
  }
  if (typeof value === 'number') return new mongo.BSON.Double(value);
  const isNumber = typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value);
  const number = isNumber ? exactDouble(value) : undefined;
  return number === undefined ? UNCHANGED : new mongo.BSON.Double(number);
}

function toDecimal(value: Value): unknown {
  if (value instanceof Uint8Array) return UNCHANGED;
  try {
    return mongo.Decimal128.fromString(String(value));
  } catch {
    return UNCHANGED;
  }
}

function toText(value: Value): unknown {
  if (!(value instanceof Uint8Array)) return String(value);
  return isUtf8(value) ? Buffer.from(value).toString('utf8') : UNCHANGED;
}

function toUuid(value: Value): unknown {
  if (value instanceof Uint8Array) return value.length === 16 ? new mongo.Binary(value, 4) : UNCHANGED;
  const hex = String(value).replaceAll('-', '');
  return /^[0-9a-f]{32}$/i.test(hex) ? new mongo.Binary(Buffer.from(hex, 'hex'), 4) : UNCHANGED;
}

function toObjectId(value: Value): unknown {
  if (value instanceof Uint8Array) return value.length === 12 ? new mongo.ObjectId(value) : UNCHANGED;
  return typeof value === 'string' && /^[0-9a-f]{24}$/i.test(value) ? new mongo.ObjectId(value) : UNCHANGED;
}
