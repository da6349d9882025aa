import type { SchemaType } from 'mongoose';
import type { FieldProblem } from '../errors/database.error.ts';
import { refuse } from './filter-value.ts';
import { type PathNode, rootNode } from './path-node.ts';
import { castError, defaultOf, plainBuffer, runSetters, timestampsOf, variantOf } from './path-schema.ts';
import {
  FORGED,
  isForgedBson,
  isPlainObject,
  MAX_DEPTH,
  plainFields,
  problemOfKey,
  problemOfLiteral,
} from './path-value.ts';
import { checkShape } from './update-shape.ts';
import { validate } from './update-validators.ts';

/** What one update gathers while its values are cast. */
export interface UpdateScope {
  /** The time of the update. */
  at: Date;
  /** What breaks the schema; the update is refused when there is any. */
  problems: FieldProblem[];
  /** Whether Mongoose casts and validates what only its shape is checked of here. */
  isShapeOnly?: boolean;
}

/**
 * Casts and validates a value that is to be stored. Documents get their defaults, ids and timestamps as on insert.
 *
 * @param value - `null` clears a field that is not required
 * @returns The value to store; what it breaks is added to `scope.problems`
 * @throws {@link FilterInvalidError} When an object has a field that the schema does not have
 */
export function writeValue(node: PathNode, value: unknown, path: string, scope: UpdateScope): unknown {
  if (scope.isShapeOnly === true) {
    checkShape(node, value, path, scope.problems);
    return value;
  }
  const cast = castValue(node, value, path, scope);
  if (cast !== undefined && node.type !== undefined) validate(node.type, cast, path, scope.problems);
  return plainBuffer(cast);
}

/** @returns `undefined` when the value is refused */
function castValue(node: PathNode, value: unknown, path: string, scope: UpdateScope): unknown {
  if (node.isReady(value)) return value;
  if (path.length > MAX_DEPTH * 20) return problem(path.slice(0, 100), 'is nested too deeply', scope);
  if (isForgedBson(value)) return problem(path, FORGED, scope);
  const set = node.kind === 'scalar' || node.type === undefined ? value : runSetters(node.type, value);
  if (set === null && node.kind !== 'scalar' && node.kind !== 'nested') return null;
  switch (node.kind) {
    case 'scalar':
      return castScalar(node.type, set, path, scope);
    case 'array':
      return castItems(node.element, Array.isArray(set) ? set : [set], path, scope);
    case 'map':
      return castMap(node.element, set, path, scope);
    case 'nested':
    case 'document':
      return castDocument(node, set, path, scope);
    case 'mixed': {
      const message = problemOfLiteral(set);
      return message === undefined ? set : problem(path, message, scope);
    }
  }
}

function castScalar(type: SchemaType | undefined, value: unknown, path: string, scope: UpdateScope): unknown {
  if (type === undefined) return value;
  // Mongoose reads a list of one as the one in some types.
  if (Array.isArray(value) && type.instance !== 'Buffer' && type.instance !== 'Union') {
    return problem(path, 'must be a single value', scope);
  }
  try {
    const cast: unknown = (
      type as unknown as { applySetters(value: unknown, scope: null): unknown }
    ).applySetters(value, null);
    return isForgedBson(cast) ? problem(path, FORGED, scope) : cast;
  } catch (error) {
    return problem(path, castError(error, type), scope);
  }
}

/**
 * Casts and validates what an array is to hold.
 *
 * @param element - Of the array
 */
export function castItems(
  element: PathNode | undefined,
  items: readonly unknown[],
  path: string,
  scope: UpdateScope,
): unknown[] {
  return items.map((item, index) => {
    const inner = `${path}.${index}`;
    if (item === undefined) return problem(inner, 'holds undefined', scope);
    return element === undefined ? item : writeValue(element, item, inner, scope);
  });
}

function castMap(element: PathNode | undefined, value: unknown, path: string, scope: UpdateScope): unknown {
  const entries = value instanceof Map ? Object.fromEntries(value) : plainFields(value);
  if (entries === undefined) return problem(path, 'must be an object', scope);
  const cast: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(entries)) {
    const message = problemOfKey(key) ?? (key.includes('.') ? 'holds a key with a dot' : undefined);
    if (message !== undefined) return problem(path, message, scope);
    if (item !== undefined && element !== undefined)
      cast[key] = writeValue(element, item, `${path}.${key}`, scope);
  }
  return cast;
}

function castDocument(node: PathNode, value: unknown, path: string, scope: UpdateScope): unknown {
  const input = plainFields(value);
  if (input === undefined) return problem(path, 'must be an object', scope);
  const variant = variantOf(node.schema, input);
  const { children, schema } = variant === undefined ? node : rootNode(variant);
  for (const name of Object.keys(input)) {
    if (!children.has(name)) refuse(`${path}.${name}`, 'is not a field of this collection');
  }
  const stamps = node.kind === 'document' ? timestampsOf(schema) : {};
  const cast: Record<string, unknown> = {};
  for (const [name, child] of children) {
    const isStamp = name === stamps.createdAt || name === stamps.updatedAt;
    const written = writeField(child, isStamp ? scope.at : input[name], `${path}.${name}`, scope);
    if (written !== undefined) cast[name] = written;
  }
  return cast;
}

/** A field of a document that is stored as a whole: its default where it is absent. */
function writeField(node: PathNode, value: unknown, path: string, scope: UpdateScope): unknown {
  if (node.kind === 'nested') {
    const fields = writeValue(node, value ?? {}, path, scope);
    // Mongoose stores no empty object for fields written inline.
    return isPlainObject(fields) && Object.keys(fields).length === 0 ? undefined : fields;
  }
  const filled = value === undefined && node.type !== undefined ? defaultOf(node.type) : value;
  if (filled !== undefined) return writeValue(node, filled, path, scope);
  if (node.type !== undefined) validate(node.type, undefined, path, scope.problems);
  return undefined;
}

function problem(path: string, message: string, scope: UpdateScope): undefined {
  scope.problems.push({ path, message });
}
