import { mongo } from 'mongoose';
import { UNCHANGED } from './unchanged.ts';

const INT32_MAX = 2n ** 31n - 1n;
const INT64_MAX = 2n ** 63n - 1n;

/**
 * JSON as a value of BSON: whole numbers as integers, exactly as they are written, others as doubles.
 *
 * @returns {@link UNCHANGED} for what is not JSON
 */
export function parseJson(text: string): unknown {
  try {
    return (JSON.parse as ParseWithSource)(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined ? toNumber(source) : value,
    );
  } catch {
    return UNCHANGED;
  }
}

/** As of V8 11.4; TypeScript knows it later. */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

function toNumber(source: string): unknown {
  if (!/^-?\d+$/.test(source) || source === '-0') return new mongo.BSON.Double(Number(source));
  const number = BigInt(source);
  if (number <= INT32_MAX && number >= -INT32_MAX - 1n) return new mongo.BSON.Int32(Number(number));
  if (number <= INT64_MAX && number >= -INT64_MAX - 1n) return mongo.Long.fromBigInt(number);
  return mongo.Decimal128.fromString(source);
}
