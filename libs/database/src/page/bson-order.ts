import { isDate, isRegExp } from 'node:util/types';
import type { mongo } from 'mongoose';

/**
 * The brackets of the order in which MongoDB sorts values of different types, lowest first. Its comparison operators never match a
 * value of another bracket, so each one is named here by the types in it.
 *
 * @see https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
 */
const BRACKETS = {
  minKey: ['minKey'],
  undefined: ['undefined'],
  // A field that is not there counts as null.
  null: [],
  // Sorts below all numbers, and is neither less nor greater than one for an operator.
  NaN: [],
  number: ['number'],
  string: ['string', 'symbol'],
  object: ['object'],
  binary: ['binData'],
  objectId: ['objectId'],
  boolean: ['bool'],
  date: ['date'],
  timestamp: ['timestamp'],
  regex: ['regex'],
  pointer: ['dbPointer'],
  code: ['javascript'],
  codeWithScope: ['javascriptWithScope'],
  maxKey: ['maxKey'],
} as const satisfies Record<string, readonly string[]>;

type Bracket = keyof typeof BRACKETS;

const ORDER = Object.keys(BRACKETS) as Bracket[];
/** All values in them are equal. */
const SINGLE: readonly Bracket[] = ['minKey', 'null', 'NaN', 'maxKey'];
/** An operator cannot compare with them. */
const INCOMPARABLE: readonly (Bracket | undefined)[] = ['undefined', 'regex', 'pointer', 'codeWithScope'];

const BRACKET_OF_BSON: Record<string, Bracket> = {
  MinKey: 'minKey',
  Int32: 'number',
  Double: 'number',
  Long: 'number',
  Decimal128: 'number',
  BSONSymbol: 'string',
  DBRef: 'object',
  Binary: 'binary',
  ObjectId: 'objectId',
  Timestamp: 'timestamp',
  BSONRegExp: 'regex',
  MaxKey: 'maxKey',
};

/** Whether the place of a value in the order can be told to the server. */
export function isComparable(value: unknown): boolean {
  const bracket = bracketOf(value);
  return bracket !== undefined && !INCOMPARABLE.includes(bracket);
}

/** Matches what stands at the same place as `value`. */
export function equalTo(path: string, value: unknown): mongo.Document {
  return { [path]: { $eq: value } };
}

/**
 * Conditions that hold together for what stands behind `value`. They say what it is not, so that there is one for each side of the
 * value and not one for each type: of few alternatives the server merges the parts of an index in order, of many it sorts.
 *
 * @param value - For which {@link isComparable} holds
 * @param isAscending - Whether greater values stand behind it, or lesser ones
 * @returns `[]` when nothing can stand there
 */
export function beyond(path: string, value: unknown, isAscending: boolean): mongo.Document[] {
  const bracket = bracketOf(value);
  if (bracket === undefined) return [];
  const index = ORDER.indexOf(bracket);
  const front = isAscending ? ORDER.slice(0, index) : ORDER.slice(index + 1);
  if (front.length === ORDER.length - 1) return [];
  // By what they are not, an index would be read to its other end.
  if (bracket === 'null' && !isAscending)
    return [{ [path]: { $type: [...BRACKETS.minKey, ...BRACKETS.undefined] } }];
  const excluded = SINGLE.includes(bracket) ? [...front, bracket] : front;
  const conditions: mongo.Document[] = [];
  if (!SINGLE.includes(bracket)) {
    conditions.push({ [path]: { $not: { [isAscending ? '$lte' : '$gte']: value } } });
  }
  // Also what is missing.
  if (excluded.includes('null')) conditions.push({ [path]: { $ne: null } });
  // Where the type of numbers is excluded, NaN is so with it.
  if (excluded.includes('NaN') && !excluded.includes('number')) conditions.push({ [path]: { $ne: NaN } });
  const types = excluded.flatMap((other): readonly string[] => BRACKETS[other]);
  if (types.length > 0) conditions.push({ [path]: { $not: { $type: types } } });
  return conditions;
}

function bracketOf(value: unknown): Bracket | undefined {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'number':
      return Number.isNaN(value) ? 'NaN' : 'number';
    case 'bigint':
      return 'number';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'object':
      return value === null ? 'null' : bracketOfObject(value);
    case 'symbol':
    case 'function':
      return undefined;
  }
}

function bracketOfObject(value: object): Bracket | undefined {
  if (isDate(value)) return Number.isNaN(value.getTime()) ? undefined : 'date';
  if (isRegExp(value)) return 'regex';
  if (Buffer.isBuffer(value)) return 'binary';
  if (Array.isArray(value)) return undefined;
  const { _bsontype: type } = value as { _bsontype?: string };
  if (type === undefined) return 'object';
  if (type === 'Code') return (value as mongo.Code).scope ? 'codeWithScope' : 'code';
  const bracket = BRACKET_OF_BSON[type];
  return bracket === 'number' && (value as mongo.Decimal128).toString() === 'NaN' ? 'NaN' : bracket;
}
