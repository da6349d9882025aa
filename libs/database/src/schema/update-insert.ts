import type { mongo, Schema, SchemaType } from 'mongoose';
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
  const equal = equalitiesOf(schema, filter);
  for (const { path, value, type } of equal) {
    if (type !== undefined) validate(type, value, path, scope.problems);
  }
  const covered = [...given, ...equal.map(({ path }) => path)];
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

/**
 * What a filter asks to be equal: the server makes the new document of it.
 *
 * @param filter - Compiled
 * @throws {@link FilterInvalidError} When a path leads into an array
 * @see https://www.mongodb.com/docs/manual/reference/method/db.collection.update/#upsert-behavior
 */
export function equalitiesOf(
  schema: Schema,
  filter: mongo.Document,
): { path: string; value: unknown; type: SchemaType | undefined }[] {
  return Object.entries(filter).flatMap(([path, condition]: [string, unknown]) => {
    if (path === '$and')
      return (condition as mongo.Document[]).flatMap((branch) => equalitiesOf(schema, branch));
    const equal = equalityOf(path, condition);
    if (equal === undefined) return [];
    const { value } = equal;
    return [{ path, value, type: insertedNode(schema, path, value).type }];
  });
}

/**
 * The value that one condition of a filter asks for.
 *
 * @returns `undefined` when it asks for no value; `isAll` when it asks for nothing else
 */
export function equalityOf(key: string, condition: unknown): { value: unknown; isAll: boolean } | undefined {
  if (key.startsWith('$') || condition instanceof RegExp) return undefined;
  if (!holdsOperators(condition)) return { value: condition, isAll: true };
  return '$eq' in condition
    ? { value: condition.$eq, isAll: Object.keys(condition).length === 1 }
    : undefined;
}
