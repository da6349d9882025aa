import type { Schema } from 'mongoose';
import { refuse } from './filter-value.ts';
import { type PathNode, rootNode } from './path-node.ts';
import { discriminatorOf, timestampsOf } from './path-schema.ts';

/** Where an operator of an update writes. */
export interface UpdateTarget {
  node: PathNode;
  /** What must not change here or above: the path of it. */
  immutable: string | undefined;
  /** What must not change below: matters where the whole is replaced. */
  immutableBelow: string | undefined;
  /** `updatedAt` of the documents around, as paths of this update. */
  stamps: readonly string[];
}

/** `$`, `$[]` and `$[name]`: https://www.mongodb.com/docs/manual/reference/operator/update/positional/ */
const POSITION = /^\$(?:\[(?:[a-z][a-zA-Z0-9]*)?\])?$/;
const REMEMBERED_PATHS = 1_000;
const KEPT = 'is kept by the repository';

/** Makes the look-up of what the paths of an update mean, which remembers what it has found. */
export function compileTargets(schema: Schema): (path: string) => UpdateTarget {
  const remembered = new Map<string, UpdateTarget>();
  return (path) => {
    const known = remembered.get(path);
    if (known !== undefined) return known;
    const target = resolveTarget(schema, path);
    if (path.length < 200 && remembered.size < REMEMBERED_PATHS) remembered.set(path, target);
    return target;
  };
}

/** One step through the schema as an update means it: an array needs an index or a positional operator. */
export function stepForUpdate(node: PathNode, name: string): PathNode | undefined {
  return node.kind === 'array' && POSITION.test(name) ? node.element : node.step(name);
}

function resolveTarget(schema: Schema, path: string): UpdateTarget {
  refuseKept(schema, path);
  let node = rootNode(schema);
  let immutable = path === '_id' || path.startsWith('_id.') ? '_id' : undefined;
  const stamps: string[] = [];
  let at = '';
  for (const name of path.split('.')) {
    if (at !== '' && node.kind === 'document') addStamp(node, name, at, stamps);
    // A field of the same name may be another one in each discriminator.
    const isFixed = fieldsOfAllKinds(node).some(([field, child]) => field === name && isImmutable(child));
    node = stepForUpdate(node, name) ?? refuse(path, 'is not a field of this collection');
    at = at === '' ? name : `${at}.${name}`;
    if (isFixed || isImmutable(node)) immutable ??= at;
  }
  return { node, immutable, immutableBelow: findImmutable(node, path, new Set()), stamps };
}

function refuseKept(schema: Schema, path: string): void {
  const { createdAt, updatedAt } = timestampsOf(schema);
  const isKey = discriminatorOf(schema) !== undefined || schema.discriminators !== undefined;
  const names = [createdAt, updatedAt, schema.get('versionKey'), isKey && schema.get('discriminatorKey')];
  for (const name of names) {
    if (typeof name === 'string' && (path === name || path.startsWith(`${name}.`))) refuse(path, KEPT);
  }
}

function addStamp({ schema }: PathNode, name: string, at: string, stamps: string[]): void {
  const { createdAt, updatedAt } = timestampsOf(schema);
  if (name === createdAt || name === updatedAt) refuse(`${at}.${name}`, KEPT);
  if (updatedAt) stamps.push(`${at}.${updatedAt}`);
}

/** A function that decides by the document cannot be asked here: it counts as a yes. */
function isImmutable({ type }: PathNode): boolean {
  return Boolean(type?.options.immutable);
}

function findImmutable(node: PathNode, path: string, seen: Set<unknown>): string | undefined {
  // A schema that holds itself.
  if (node.schema !== undefined && seen.has(node.schema)) return undefined;
  if (node.kind === 'document') seen.add(node.schema);
  const { createdAt } = node.kind === 'document' ? timestampsOf(node.schema) : {};
  for (const [name, child] of fieldsOfAllKinds(node)) {
    // The time of a part that is replaced is the time of the replacement.
    if (name === createdAt) continue;
    const found = isImmutable(child) ? `${path}.${name}` : findImmutable(child, `${path}.${name}`, seen);
    if (found !== undefined) return found;
  }
  return node.element === undefined ? undefined : findImmutable(node.element, path, seen);
}

/** Also the fields that only documents of a discriminator have. */
function fieldsOfAllKinds({ kind, schema, children }: PathNode): [name: string, node: PathNode][] {
  const variants = kind === 'document' ? Object.values(schema?.discriminators ?? {}) : [];
  return [...children, ...variants.flatMap((variant) => [...rootNode(variant).children])];
}
