import type { mongo, Schema } from 'mongoose';
import { refuse } from '../schema/filter-value.ts';
import { rootNode, type PathNode } from '../schema/path-node.ts';
import { timestampsOf } from '../schema/path-schema.ts';

/** Makes the update that replaces a document by a new one, atomically, and keeps of the old one what must not change. */
export type CompiledReplacement = (document: mongo.Document) => mongo.Document[];

/** Stands for the elements of an array in a path. */
const ELEMENT = '$[]';

/**
 * @param keptPaths - Besides `_id`, the time of creation, the version (which moves on) and immutable fields
 * @returns A function that throws {@link FilterInvalidError} where an immutable field lies in an array, since nobody can tell which
 * element of the new array it belongs to
 */
export function compileReplacement(schema: Schema, keptPaths: readonly string[]): CompiledReplacement {
  const { createdAt } = timestampsOf(schema);
  const versionKey: unknown = schema.get('versionKey');
  const own = ['_id', ...keptPaths, ...(createdAt ? [createdAt] : [])];
  const kept = new Set([...own, ...immutablePaths(rootNode(schema), '', new Set())]);
  const inArray = [...kept].find((path) => path.includes(ELEMENT));
  return (document) => {
    if (inArray !== undefined) refuse(inArray, 'cannot be kept when its array is replaced');
    const values: mongo.Document = {};
    const orphans = new Map<string, string[]>();
    for (const path of kept) {
      const absent = absentParent(document, path);
      if (absent === undefined) values[`new.${path}`] = `$old.${path}`;
      else orphans.set(absent, [...(orphans.get(absent) ?? []), path]);
    }
    for (const [parent, paths] of orphans) values[`new.${parent}`] = partOfOld(parent, paths);
    if (typeof versionKey === 'string')
      values[`new.${versionKey}`] = { $add: [{ $ifNull: [`$old.${versionKey}`, 0] }, 1] };
    return [
      { $replaceWith: { new: { $literal: document }, old: '$$ROOT' } },
      { $set: values },
      { $replaceWith: '$new' },
    ];
  };
}

function immutablePaths(node: PathNode, prefix: string, seen: Set<unknown>): string[] {
  // A schema that holds itself.
  if (node.schema !== undefined && seen.has(node.schema)) return [];
  const within = node.schema === undefined ? seen : new Set([...seen, node.schema]);
  return Array.from(node.children).flatMap(([name, child]) => {
    const path = prefix + name;
    // The time of a part that is replaced is the time of the replacement.
    if (prefix !== '' && name === timestampsOf(node.schema).createdAt) return [];
    if (child.type?.options.immutable) return [path];
    const { element } = child;
    const inside = immutablePaths(child, `${path}.`, within);
    return element === undefined
      ? inside
      : [...inside, ...immutablePaths(element, `${path}.${ELEMENT}.`, within)];
  });
}

/** The outermost part on the way to `path` that a document does not have. */
function absentParent(document: mongo.Document, path: string): string | undefined {
  const names = path.split('.');
  let value: unknown = document;
  for (const [index, name] of names.slice(0, -1).entries()) {
    value = (value as Record<string, unknown>)[name];
    if (typeof value !== 'object' || value === null) return names.slice(0, index + 1).join('.');
  }
  return undefined;
}

/** The part of the old document with its immutable fields alone; absent when it has none of them. */
function partOfOld(parent: string, paths: readonly string[]): mongo.Document {
  const part: mongo.Document = {};
  for (const path of paths) {
    const names = path.slice(parent.length + 1).split('.');
    const last = names.pop() ?? path;
    let branch = part;
    for (const name of names) branch = branch[name] ??= {};
    branch[last] = `$old.${path}`;
  }
  const isThere = paths.map((path) => ({ $ne: [{ $type: `$old.${path}` }, 'missing'] }));
  return { $cond: [{ $or: isThere }, part, `$new.${parent}`] };
}
