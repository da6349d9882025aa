import type { mongo, Schema } from 'mongoose';
import { isRecord } from './field-type.ts';
import { castOperators, holdsOperators, ROOT_OPERATORS } from './filter-operators.ts';
import { castEquality, refuse } from './filter-value.ts';
import { type PathNode, rootNode } from './path-node.ts';
import { MAX_DEPTH } from './path-value.ts';

/** Casts a filter by the schema it was compiled for. The filter given is not changed. */
export type CompiledFilter = (filter: object) => mongo.Document;

const LOGICAL: readonly string[] = ['$and', '$or', '$nor'];

/**
 * Makes the function that casts filters on a collection: values by the schema, unknown fields refused, operators only where code has
 * marked them with Mongoose's `trusted()`.
 *
 * @returns A function that throws {@link FilterInvalidError} naming the path
 * @example compileFilter(schema)({ name: 'Ada', visits: trusted({ $gt: 5 }) })
 */
export function compileFilter(schema: Schema): CompiledFilter {
  const root = rootNode(schema);
  return (filter) => castFilter(root, filter, '');
}

/**
 * Casts a filter on the fields of a document or of an element in an array.
 *
 * @param root - The document that the paths start from
 * @param prefix - Where that document lies, for messages; empty for the whole
 */
export function castFilter(root: PathNode, filter: unknown, prefix: string, depth = 0): mongo.Document {
  if (!isRecord(filter)) return refuse(prefix, 'must be an object of fields');
  if (depth > MAX_DEPTH) refuse(prefix, 'is nested too deeply');
  const cast: mongo.Document = {};
  for (const key of Object.keys(filter)) {
    const value = filter[key];
    if (key.startsWith('$')) {
      cast[key] = castRootOperator(root, key, value, depth);
      continue;
    }
    const node = root.find(key);
    if (node === undefined) refuse(join(prefix, key), 'is not a field of this collection');
    cast[key] = node.isReady(value) ? value : castCondition(node, value, join(prefix, key), depth);
  }
  return cast;
}

function castCondition(node: PathNode, value: unknown, path: string, depth: number): unknown {
  if (!holdsOperators(value)) return castEquality(node, value, path);
  return castOperators(node, value, path, (inner, filter, at) => castFilter(inner, filter, at, depth + 1));
}

function castRootOperator(root: PathNode, operator: string, value: unknown, depth: number): unknown {
  if (!LOGICAL.includes(operator)) {
    const castRoot = ROOT_OPERATORS.get(operator) ?? refuse('', 'it holds an operator that is not allowed');
    return castRoot(root.schema, value);
  }
  // Mongoose drops an empty list, and the filter would match everything.
  if (!Array.isArray(value) || value.length === 0) return refuse(operator, 'must be a list of filters');
  return value.map((branch, index) => {
    if (!isRecord(branch)) return refuse(`${operator}.${index}`, 'must be an object of fields');
    return castFilter(root, branch, '', depth + 1);
  });
}

function join(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`;
}
