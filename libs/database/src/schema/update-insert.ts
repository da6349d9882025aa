import type { Schema, mongo } from 'mongoose';
import { refuse } from './filter-value.ts';
import { type PathNode, rootNode } from './path-node.ts';
import { defaultOf, discriminatorOf, timestampsOf } from './path-schema.ts';
import { holdsOperators } from './filter-operators.ts';
import { validate } from './update-validators.ts';
import { type UpdateScope, writeValue } from './update-value.ts';

/**
 * What an upsert sets when it inserts: defaults of the fields that neither the update nor the filter gives a value.
 *
 * @param given - Paths that the update writes
 * @param filter - Compiled; what it asks to be equal is in the new document
 * @returns Values by path; a required field that stays absent is added to `scope.problems`
 */
export function valuesOnInsert(
  schema: Schema,
  given: readonly string[],
  filter: mongo.Document,
  scope: UpdateScope,
): Record<string, unknown> {
  const equal = equalities(filter);
  for (const [path, value] of equal) {
    const { type } = insertedNode(schema, path, value);
    if (type !== undefined) validate(type, value, path, scope.problems);
  }
  const covered = [...given, ...equal.map(([path]) => path)];
  const { createdAt, updatedAt } = timestampsOf(schema);
  const kept: unknown[] = [createdAt, updatedAt, schema.get('versionKey'), discriminatorOf(schema)?.key];
  const values: Record<string, unknown> = {};
  addDefaults(rootNode(schema), '');
  return values;

  function addDefaults(parent: PathNode, prefix: string): void {
    // Only those of parts: the times of the whole are kept elsewhere.
    const stamps = Object.values(timestampsOf(prefix === '' ? undefined : parent.schema));
    for (const [name, node] of parent.children) {
      const path = `${prefix}${name}`;
      if (kept.includes(path) || covered.some((one) => one === path || path.startsWith(`${one}.`))) continue;
      const isPartial = covered.some((one) => one.startsWith(`${path}.`));
      if (stamps.includes(name)) values[path] = scope.at;
      else if (node.kind === 'nested' || (isPartial && node.kind === 'document'))
        addDefaults(node, `${path}.`);
      else if (!isPartial) addDefault(node, path);
    }
  }

  function addDefault(node: PathNode, path: string): void {
    if (node.type === undefined) return;
    const value = defaultOf(node.type);
    if (value === undefined) validate(node.type, undefined, path, scope.problems);
    else values[path] = writeValue(node, value, path, scope);
  }
}

/** The server would insert an element, or an object of indexes, where the schema has an array. */
function insertedNode(schema: Schema, path: string, value: unknown): PathNode {
  let node: PathNode | undefined = rootNode(schema);
  for (const name of path.split('.')) node = node?.kind === 'array' ? undefined : node?.step(name);
  const isElement = node?.kind === 'array' && value !== null && !Array.isArray(value);
  if (node === undefined || isElement) return refuse(path, 'does not tell what an upsert would insert');
  return node;
}

/** The server makes the new document of these: https://www.mongodb.com/docs/manual/reference/method/db.collection.update/#upsert-behavior */
function equalities(filter: mongo.Document): [path: string, value: unknown][] {
  return Object.entries(filter).flatMap(([key, value]: [string, unknown]): [string, unknown][] => {
    if (key === '$and' && Array.isArray(value))
      return value.flatMap((branch: mongo.Document) => equalities(branch));
    if (key.startsWith('$') || value instanceof RegExp) return [];
    if (!holdsOperators(value)) return [[key, value]];
    return '$eq' in value ? [[key, value.$eq]] : [];
  });
}
