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
 * Matches what stands behind `value`; one of the filters does.
 *
 * @param value - For which {@link isComparable} holds
 * @param isAscending - Whether greater values stand behind it, or lesser ones
 * @returns `[]` when nothing can stand there
 */
export function beyond(path: string, value: unknown, isAscending: boolean): mongo.Document[] {
  const bracket = bracketOf(value);
  if (bracket === undefined) return [];
  const index = ORDER.indexOf(bracket);
  const others = isAscending ? ORDER.slice(index + 1) : ORDER.slice(0, index);
  // The type of numbers has NaN in it.
  const byType = false ? others.filter((other) => other !== 'number') : others;
  const types = byType.flatMap((other): readonly string[] => BRACKETS[other]);
  const filters: mongo.Document[] = [];
  if (!SINGLE.includes(bracket)) filters.push({ [path]: { [isAscending ? '$gt' : '$lt']: value } });
  if (bracket === 'NaN' && isAscending) filters.push({ [path]: { $gte: -Infinity } });
  if (bracket === 'number' && !isAscending) filters.push({ [path]: NaN });
  if (types.length > 0) filters.push({ [path]: { $type: types } });
  if (others.includes('null')) filters.push({ [path]: null });
  // An empty array sorts there: to be met, and refused, instead of left out.
  if (others.includes('undefined')) filters.push({ [path]: { $eq: [] } });
  return filters;
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
