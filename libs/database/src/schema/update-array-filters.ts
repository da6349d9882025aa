import type { mongo, Schema } from 'mongoose';
import { castFilter } from './filter-compiler.ts';
import { castOperators, holdsOperators } from './filter-operators.ts';
import { castEquality, refuse } from './filter-value.ts';
import { type PathNode, rootNode } from './path-node.ts';
import { isPlainObject, MAX_DEPTH } from './path-value.ts';
import { entriesOf } from './update-entries.ts';
import { stepForUpdate } from './update-target.ts';

/** What each `$[name]` of an update stands for. */
type Elements = ReadonlyMap<string, PathNode>;

/**
 * Makes the function that casts the array filters of an update, by the rules of filters.
 *
 * @returns A function of the update as it was given and of its filters, such as `[{ 'item.score': trusted({ $lt: 5 }) }]`; throws
 * {@link FilterInvalidError} for a name that the update does not use, or one without a filter
 * @see https://www.mongodb.com/docs/manual/reference/operator/update/positional-filtered/
 */
export function compileArrayFilters(
  schema: Schema,
): (update: object, arrayFilters: readonly object[]) => mongo.Document[] {
  const root = rootNode(schema);
  return (update, arrayFilters) => {
    const elements = elementsOf(root, update);
    const used = new Set<string>();
    if (!Array.isArray(arrayFilters)) return refuse('', 'array filters must be a list');
    const cast = arrayFilters.map((filter: unknown) => castOne(elements, filter, used));
    const missing = [...elements.keys()].find((name) => !used.has(name));
    if (missing !== undefined) refuse(`$[${missing}]`, 'has no array filter');
    return cast;
  };
}

function elementsOf(root: PathNode, update: object): Elements {
  const elements = new Map<string, PathNode>();
  for (const [, path] of entriesOf(update)) {
    let node: PathNode | undefined = root;
    for (const part of path.split('.')) {
      node = node && stepForUpdate(node, part);
      const name = /^\$\[(\w+)\]$/.exec(part)?.[1];
      if (name !== undefined && node !== undefined) elements.set(name, node);
    }
  }
  return elements;
}

function castOne(elements: Elements, filter: unknown, used: Set<string>, depth = 0): mongo.Document {
  if (!isPlainObject(filter)) return refuse('', 'an array filter must be an object');
  if (depth > MAX_DEPTH) refuse('', 'an array filter is nested too deeply');
  return Object.fromEntries(
    Object.entries(filter).map(([key, value]) => {
      if (['$and', '$or', '$nor'].includes(key)) {
        if (!Array.isArray(value) || value.length === 0) return refuse(key, 'must be a list of filters');
        return [key, value.map((branch) => castOne(elements, branch, used, depth + 1))];
      }
      const [name = '', ...rest] = key.split('.');
      const element = elements.get(name) ?? refuse(key, 'names no $[element] of the update');
      used.add(name);
      return [key, castElement(element, rest.join('.'), value, name)];
    }),
  );
}

function castElement(element: PathNode, path: string, value: unknown, name: string): unknown {
  if (path !== '') return castFilter(element, { [path]: value }, name)[path];
  if (!holdsOperators(value)) return castEquality(element, value, name);
  return castOperators(element, value, name, (inner, filter, at) => castFilter(inner, filter, at));
}
