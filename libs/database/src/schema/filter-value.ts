import { mongo } from 'mongoose';
import { FilterInvalidError } from '../errors/database.error.ts';
import { isRecord } from './field-type.ts';
import type { PathNode } from './path-node.ts';
import { castError, mustBe, plainBuffer } from './path-schema.ts';
import { isForgedBson, isPlainObject, MAX_DEPTH, problemOfKey, problemOfLiteral } from './path-value.ts';

/** Types that Mongoose brings; another type may have objects as its values. */
const OWN_TYPES = new Set(
  'String Number Boolean Date ObjectId Buffer Decimal128 BigInt UUID Int32 Double'.split(' '),
);

/** @returns Never: throws what is wrong with one path of a filter */
export function refuse(path: string, message: string, cause?: unknown): never {
  throw new FilterInvalidError([{ path, message }], cause);
}

/**
 * Casts a value that a field is compared with. It never becomes an operator: an object must have the fields of the schema.
 *
 * @param node - What lies at `path`
 * @throws {@link FilterInvalidError} When the value cannot be one of this field
 */
export function castEquality(node: PathNode, value: unknown, path: string, depth = 0): unknown {
  if (depth > MAX_DEPTH) refuse(path.slice(0, 100), 'is nested too deeply');
  if (node.isReady(value) || value === null) return value;
  if (value === undefined) refuse(path, 'is undefined: leave it out, or use null for a field that is absent');
  switch (node.kind) {
    case 'scalar':
      return castScalar(node, value, path);
    case 'array':
      return castArray(node, value, path, depth);
    case 'map':
      return castFields(() => node.element, value, path, depth);
    case 'nested':
    case 'document':
      return castFields((name) => node.step(name), value, path, depth);
    case 'mixed':
      return literal(value, path);
  }
}

/** A value of no declared type, as it is. */
export function literal(value: unknown, path: string): unknown {
  const problem = value instanceof mongo.BSONRegExp ? 'is a pattern: use $regex' : problemOfLiteral(value);
  return problem === undefined ? value : refuse(path, problem);
}

function castScalar(node: PathNode, value: unknown, path: string): unknown {
  const { type } = node;
  if (type === undefined) return literal(value, path);
  // A pattern cannot come in as data: only code makes a RegExp.
  if (value instanceof RegExp && type.instance === 'String') return value;
  if (Array.isArray(value)) refuse(path, 'is a list: use trusted({ $in: list }) for one of several values');
  if (isPlainObject(value)) refuseObject(value, OWN_TYPES.has(type.instance), path);
  if (isForgedBson(value) || value instanceof RegExp || value instanceof mongo.BSONRegExp) {
    refuse(path, mustBe(type));
  }
  const cast = plainBuffer(castByType(node, value, path));
  // Mongoose makes null of an empty string, and null would match every document without the field.
  if (cast === null || cast === undefined || isForgedBson(cast)) refuse(path, mustBe(type));
  return cast;
}

function castByType({ type }: PathNode, value: unknown, path: string): unknown {
  try {
    // Not declared by Mongoose: its own casts of queries call it.
    return (type as unknown as { castForQuery(operator: null, value: unknown): unknown }).castForQuery(
      null,
      value,
    );
  } catch (error) {
    return refuse(path, castError(error, type), error);
  }
}

function castArray({ element }: PathNode, value: unknown, path: string, depth: number): unknown {
  if (element === undefined) return literal(value, path);
  if (!Array.isArray(value)) return castEquality(element, value, path, depth + 1);
  return value.map((item, index) => castEquality(element, item, `${path}.${index}`, depth + 1));
}

function castFields(
  step: (name: string) => PathNode | undefined,
  value: unknown,
  path: string,
  depth: number,
): Record<string, unknown> {
  const fields = value instanceof Map ? Object.fromEntries(value) : value;
  if (!isRecord(fields)) return refuse(path, 'must be an object');
  const cast: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(fields)) {
    const inner = `${path}.${name}`;
    const problem = problemOfKey(name);
    if (problem !== undefined) refuse(path, `${problem}: ${HINT}`);
    const node = step(name) ?? refuse(inner, 'is not a field of this collection');
    cast[name] = castEquality(node, item, inner, depth + 1);
  }
  return cast;
}

function refuseObject(value: Record<string, unknown>, isOwnType: boolean, path: string): void {
  const problem = problemOfLiteral(value);
  if (problem !== undefined) refuse(path, problem.includes('$') ? `${problem}: ${HINT}` : problem);
  if (isOwnType) refuse(path, 'must be a single value');
}

/** How an operator is written where one is meant. */
export const HINT = 'mark operators with trusted() where the code writes them';
