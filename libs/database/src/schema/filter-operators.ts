import { mongo } from 'mongoose';
import { castShape, castText } from './filter-geo.ts';
import { isTrusted } from './filter-trust.ts';
import { castEquality, HINT, refuse } from './filter-value.ts';
import type { PathNode } from './path-node.ts';
import { isPlainObject } from './path-value.ts';

/** Casts what an operator is given. `castInner` casts a whole filter on the fields of a document in an array. */
type OperandCast = (node: PathNode, operand: unknown, path: string, castInner: FilterCast) => unknown;
export type FilterCast = (node: PathNode, filter: unknown, path: string) => Record<string, unknown>;

const single: OperandCast = (node, operand, path) => {
  if (operand instanceof RegExp) refuse(path, 'is a pattern: use $regex');
  return castEquality(node, operand, path);
};
const list: OperandCast = (node, operand, path) => {
  if (!Array.isArray(operand)) return refuse(path, 'must be a list');
  return operand.map((item, index) => castEquality(node, item, `${path}.${index}`));
};
const shape: OperandCast = (node, operand, path) => castShape(node, operand, path);

/** Every operator that may stand under a field. */
const OPERATORS: ReadonlyMap<string, OperandCast> = new Map(
  Object.entries({
    $eq: single,
    $ne: single,
    $gt: single,
    $gte: single,
    $lt: single,
    $lte: single,
    $in: list,
    $nin: list,
    $all: castAll,
    $exists: (_node, operand, path) =>
      typeof operand === 'boolean' ? operand : refuse(path, 'must be true or false'),
    $type: castTypeNames,
    $size: (node, operand, path) => {
      if (node.kind !== 'array' && node.kind !== 'mixed') refuse(path, 'is for arrays');
      return wholeNumber(operand, path);
    },
    $elemMatch: castElemMatch,
    $regex: castRegex,
    $options: castRegexOptions,
    $not: castNot,
    $mod: (_node, operand, path) => {
      if (!Array.isArray(operand) || operand.length !== 2)
        return refuse(path, 'must be [divisor, remainder]');
      return operand.map((item) => wholeNumber(item, path));
    },
    $bitsAllSet: castBits,
    $bitsAnySet: castBits,
    $bitsAllClear: castBits,
    $bitsAnyClear: castBits,
    $near: shape,
    $nearSphere: shape,
    $geoWithin: shape,
    $geoIntersects: shape,
    $minDistance: shape,
    $maxDistance: shape,
  } satisfies Record<string, OperandCast>),
);

/** Operators beside the fields that only code may write, as those under a field. */
export const ROOT_OPERATORS: ReadonlyMap<string, typeof castText> = new Map([['$text', castText]]);

/** Whether an object would be read as operators. */
export function holdsOperators(value: unknown): value is Record<string, unknown> {
  return isPlainObject(value) && Object.keys(value).some((key) => key.startsWith('$'));
}

/**
 * Casts the operators of one field.
 *
 * @throws {@link FilterInvalidError} When the object is not marked as trusted, or an operator is not one of the list
 */
export function castOperators(
  node: PathNode,
  operators: Record<string, unknown>,
  path: string,
  castInner: FilterCast,
): Record<string, unknown> {
  if (!isTrusted(operators)) refuse(path, `holds a key that starts with $: ${HINT}`);
  const cast: Record<string, unknown> = {};
  for (const [name, operand] of Object.entries(operators)) {
    const castOperand = OPERATORS.get(name) ?? refuse(path, 'holds an operator that is not allowed');
    cast[name] = castOperand(node, operand, `${path}.${name}`, castInner);
  }
  if ('$options' in cast && !('$regex' in cast)) refuse(path, 'has $options without $regex');
  return cast;
}

function castAll(node: PathNode, operand: unknown, path: string, castInner: FilterCast): unknown {
  if (!Array.isArray(operand)) return refuse(path, 'must be a list');
  return operand.map((item, index) =>
    holdsOperators(item)
      ? castOperators(node, item, `${path}.${index}`, castInner)
      : castEquality(node, item, `${path}.${index}`),
  );
}

function castElemMatch(node: PathNode, operand: unknown, path: string, castInner: FilterCast): unknown {
  const element = node.kind === 'mixed' ? node : node.element;
  if (node.kind === 'map' || element === undefined) return refuse(path, 'is for arrays');
  if (!isPlainObject(operand) || Object.keys(operand).length === 0)
    return refuse(path, 'must name a condition');
  if (element.kind === 'document' || element.kind === 'nested') return castInner(element, operand, path);
  if (holdsOperators(operand)) return castOperators(element, operand, path, castInner);
  return element.kind === 'mixed' ? castInner(element, operand, path) : refuse(path, 'must hold operators');
}

function castNot(node: PathNode, operand: unknown, path: string, castInner: FilterCast): unknown {
  if (operand instanceof RegExp) return castRegex(node, operand, path);
  if (!holdsOperators(operand)) return refuse(path, 'must be operators or a pattern');
  return castOperators(node, operand, path, castInner);
}

function castRegex(node: PathNode, operand: unknown, path: string): unknown {
  const { kind, type } = node.kind === 'array' ? (node.element ?? node) : node;
  if (kind !== 'mixed' && type?.instance !== 'String') refuse(path, 'is for text');
  if (typeof operand === 'string' || operand instanceof RegExp || operand instanceof mongo.BSONRegExp) {
    return operand;
  }
  return refuse(path, 'must be a pattern');
}

function castRegexOptions(_node: PathNode, operand: unknown, path: string): string {
  return typeof operand === 'string' && /^[imsx]*$/.test(operand)
    ? operand
    : refuse(path, 'must be of the letters i, m, s and x');
}

function castTypeNames(_node: PathNode, operand: unknown, path: string): unknown {
  const names: unknown[] = Array.isArray(operand) ? operand : [operand];
  const areNames = names.every((name) => typeof name === 'string' || typeof name === 'number');
  return areNames && names.length > 0 ? operand : refuse(path, 'must name types of BSON');
}

function castBits({ kind, type }: PathNode, operand: unknown, path: string): unknown {
  const isBinary = ['Number', 'Int32', 'BigInt', 'Double', 'Buffer'].includes(type?.instance ?? '');
  if (kind !== 'mixed' && !isBinary) refuse(path, 'is for numbers and binary data');
  if (operand instanceof mongo.Binary) return operand;
  if (Buffer.isBuffer(operand)) return new mongo.Binary(operand);
  return Array.isArray(operand)
    ? operand.map((item) => wholeNumber(item, path, 0))
    : wholeNumber(operand, path, 0);
}

function wholeNumber(value: unknown, path: string, min = Number.MIN_SAFE_INTEGER): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min
    ? value
    : refuse(path, 'must be a whole number');
}
