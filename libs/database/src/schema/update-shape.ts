import type { FieldProblem } from '../errors/database.error.ts';
import { refuse } from './filter-value.ts';
import { type PathNode, rootNode } from './path-node.ts';
import { runSetters, variantOf } from './path-schema.ts';
import {
  FORGED,
  isForgedBson,
  isPlainObject,
  MAX_DEPTH,
  plainFields,
  problemOfKey,
  problemOfLiteral,
} from './path-value.ts';

/**
 * Checks a value that Mongoose is to cast: that it holds no operator, nothing forged and no field that the schema does not have.
 *
 * @param problems - Receives what is wrong with the value
 * @throws {@link FilterInvalidError} When an object has a field that the schema does not have
 */
export function checkShape(node: PathNode, value: unknown, path: string, problems: FieldProblem[]): void {
  const message = problemOfShape(node, value, path, problems);
  if (message !== undefined) problems.push({ path: path.slice(0, MAX_DEPTH * 20), message });
}

function problemOfShape(
  node: PathNode,
  value: unknown,
  path: string,
  problems: FieldProblem[],
): string | undefined {
  if (value === null || node.isReady(value)) return undefined;
  if (path.length > MAX_DEPTH * 20) return 'is nested too deeply';
  if (isForgedBson(value)) return FORGED;
  if (node.kind === 'scalar') return problemOfScalar(node, value);
  const set = withSetters(node, value);
  if (set === null) return undefined;
  switch (node.kind) {
    case 'mixed':
      return problemOfLiteral(set);
    case 'array':
      return problemOfItems(node, Array.isArray(set) ? set : [set], path, problems);
    case 'map':
      return problemOfMap(node, set, path, problems);
    case 'nested':
    case 'document':
      return problemOfDocument(node, set, path, problems);
  }
}

function problemOfScalar({ type }: PathNode, value: unknown): string | undefined {
  // Mongoose reads a list of one as the one in some types.
  if (Array.isArray(value) && type?.instance !== 'Buffer' && type?.instance !== 'Union')
    return 'must be a single value';
  return isPlainObject(value) ? problemOfLiteral(value) : undefined;
}

function problemOfItems(
  { element }: PathNode,
  items: readonly unknown[],
  path: string,
  problems: FieldProblem[],
): string | undefined {
  if (items.includes(undefined)) return 'holds undefined';
  for (const [index, item] of items.entries())
    if (element !== undefined) checkShape(element, item, `${path}.${index}`, problems);
  return undefined;
}

function problemOfMap(
  { element }: PathNode,
  value: unknown,
  path: string,
  problems: FieldProblem[],
): string | undefined {
  const entries = value instanceof Map ? Object.fromEntries(value) : plainFields(value);
  if (entries === undefined) return 'must be an object';
  for (const [key, item] of Object.entries(entries)) {
    const message = problemOfKey(key) ?? (key.includes('.') ? 'holds a key with a dot' : undefined);
    if (message !== undefined) return message;
    if (item !== undefined && element !== undefined) checkShape(element, item, `${path}.${key}`, problems);
  }
  return undefined;
}

function problemOfDocument(
  node: PathNode,
  value: unknown,
  path: string,
  problems: FieldProblem[],
): string | undefined {
  const input = plainFields(value);
  if (input === undefined) return 'must be an object';
  const variant = variantOf(node.schema, input);
  const fields = variant === undefined ? node : rootNode(variant);
  for (const [name, item] of Object.entries(input)) {
    const field = fields.step(name) ?? refuse(`${path}.${name}`, 'is not a field of this collection');
    if (item !== undefined) checkShape(field, item, `${path}.${name}`, problems);
  }
  return undefined;
}

/** Setters that need their document are left to Mongoose, with the value that they are to change. */
function withSetters({ type }: PathNode, value: unknown): unknown {
  try {
    return type === undefined ? value : runSetters(type, value);
  } catch {
    return value;
  }
}
