import { mongo } from 'mongoose';
import { exactDouble } from './exact-double.ts';
import { UNCHANGED } from './unchanged.ts';

const INT32_MAX = 2n ** 31n - 1n;
const INT64_MAX = 2n ** 63n - 1n;
/** By pieces and not by characters, of which it could take ten millions only. */
const STRINGS = /"(?:[^"\\]+|\\.)*"/g;
/** MongoDB stores one more, which is that of the document. @see https://github.com/mongodb/mongo/blob/v8.0/src/mongo/bson/bson_depth.h */
const MOST_LEVELS = 179;
/** The driver takes an object with this key for one of its types. */
const DRIVER_KEY = '_bsontype';

/** Something that BSON cannot hold as it is written. */
class LossError extends Error {}

/**
 * JSON as a value of BSON: whole numbers as integers, exactly as they are written, others as doubles.
 *
 * @returns {@link UNCHANGED} for what is not JSON or nested more deeply than MongoDB stores it, and for numbers, texts and keys that would
 *   be lost
 */
export function parseJson(text: string): unknown {
  let members = 0;
  try {
    const value = (JSON.parse as ParseWithSource)(text, function (key, part, { source }) {
      if (!Array.isArray(this)) {
        members += 1;
        if (!key.isWellFormed() || key.includes('\0') || key === DRIVER_KEY) throw new LossError();
      }
      if (typeof part === 'string' && !part.isWellFormed()) throw new LossError();
      return typeof part === 'number' && source !== undefined ? toNumber(source) : part;
    });
    const written = shapeOf(text);
    // The value as a whole is a member of an object without a key. A key that is there twice is told once.
    return members - 1 === written.members && written.levels <= MOST_LEVELS ? value : UNCHANGED;
  } catch {
    return UNCHANGED;
  }
}

/** As of V8 11.4; TypeScript knows it later. */
type ParseWithSource = (
  text: string,
  reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/** Of JSON as it is written: members of objects, one for each colon, and how deeply it is nested. */
function shapeOf(text: string): { members: number; levels: number } {
  const bare = text.replaceAll(STRINGS, '');
  let [members, level, levels] = [0, 0, 0];
  for (let place = 0; place < bare.length; place += 1) {
    const character = bare[place];
    if (character === ':') members += 1;
    else if (character === '[' || character === '{') levels = Math.max(levels, (level += 1));
    else if (character === ']' || character === '}') level -= 1;
  }
  return { members, levels };
}

function toNumber(source: string): unknown {
  if (!/^-?\d+$/.test(source) || source === '-0') {
    const number = exactDouble(source);
    if (number === undefined) throw new LossError();
    return new mongo.BSON.Double(number);
  }
  const number = BigInt(source);
  if (number <= INT32_MAX && number >= -INT32_MAX - 1n) return new mongo.BSON.Int32(Number(number));
  if (number <= INT64_MAX && number >= -INT64_MAX - 1n) return mongo.Long.fromBigInt(number);
  return mongo.Decimal128.fromString(source);
}
