import type { mongo, Schema } from 'mongoose';
import { DocumentInvalidError } from '../errors/database.error.ts';
import { refuse } from './filter-value.ts';
import { rootNode } from './path-node.ts';
import { discriminatorOf, timestampsOf } from './path-schema.ts';
import { isPlainObject } from './path-value.ts';
import { valuesOnInsert } from './update-insert.ts';
import { UPDATE_OPERATORS } from './update-operators.ts';
import { compileTargets, type UpdateTarget } from './update-target.ts';
import { type UpdateScope, writeValue } from './update-value.ts';

export interface UpdateOptions {
  /** The time of the update. */
  at: Date;
  /** Whether the update may insert: defaults are set then, and immutable fields may be given in `$setOnInsert`. */
  isUpsert?: boolean;
  /** The compiled filter of an upsert: what it asks to be equal needs no default. */
  filter?: mongo.Document;
}

/** Casts and validates an update by the schema it was compiled for. The update given is not changed. */
export type CompiledUpdate = (update: object, options: UpdateOptions) => mongo.UpdateFilter<mongo.Document>;

type Operations = Record<string, Record<string, unknown>>;

/**
 * Makes the function that casts updates: values by the schema and its validators, unknown and immutable fields refused, `updatedAt`
 * and the version moved on. A field without an operator is set; one that is `undefined` is left alone.
 *
 * @returns A function that throws {@link FilterInvalidError} for what may not be written, {@link DocumentInvalidError} for values
 * that break the schema
 * @example compileUpdate(schema)({ name: 'Ada', $inc: { visits: 1 } }, { at: new Date() })
 */
export function compileUpdate(schema: Schema): CompiledUpdate {
  const targetOf = compileTargets(schema);
  const keep = compileKept(schema);
  return (update, { at, isUpsert = false, filter = {} }) => {
    const scope: UpdateScope = { at, problems: [] };
    const operations: Operations = {};
    const paths = new Set<string>();
    const stamps = new Set<string>();
    for (const [operator, path, value] of entriesOf(update)) {
      const target = targetOf(path);
      const entry = UPDATE_OPERATORS.get(operator) ?? refuse('', 'it holds an operator that is not allowed');
      if (!(entry.onInsert === true && isUpsert)) refuseImmutable(target, entry.replaces);
      if (paths.has(path)) refuse(path, 'is changed twice');
      paths.add(path);
      if (entry.stamps) for (const stamp of target.stamps) stamps.add(stamp);
      put(operations, operator, path, entry.cast(target.node, value, path, scope));
    }
    if (paths.size === 0) refuse('', 'there is nothing to change');
    for (const stamp of stamps) put(operations, '$set', stamp, at);
    keep(operations, scope, isUpsert);
    if (isUpsert) {
      const values = valuesOnInsert(schema, [...paths, ...stamps], filter, scope);
      for (const [path, value] of Object.entries(values)) put(operations, '$setOnInsert', path, value);
    }
    refuseConflicts(operations);
    if (scope.problems.length > 0) throw new DocumentInvalidError(scope.problems);
    return operations;
  };
}

/** The parts of an update as `[operator, path, value]`, without those that are `undefined`. */
export function entriesOf(update: unknown): [operator: string, path: string, value: unknown][] {
  if (Array.isArray(update)) refuse('', 'a pipeline is not an update here');
  if (!isPlainObject(update)) return refuse('', 'an update must be an object');
  const entries: [string, string, unknown][] = [];
  for (const key of Object.keys(update)) {
    const value = update[key];
    if (value === undefined) continue;
    if (!key.startsWith('$')) {
      entries.push(['$set', key, value]);
      continue;
    }
    if (!UPDATE_OPERATORS.has(key)) refuse('', 'it holds an operator that is not allowed');
    if (!isPlainObject(value)) return refuse(key, 'must be an object of fields');
    for (const path of Object.keys(value)) {
      if (value[path] !== undefined) entries.push([key, path, value[path]]);
    }
  }
  return entries;
}

function refuseImmutable({ immutable, immutableBelow }: UpdateTarget, replaces: boolean): void {
  const found = immutable ?? (replaces ? immutableBelow : undefined);
  if (found === undefined) return;
  refuse(found, 'cannot be changed');
}

/** Timestamps, version and the mark of a discriminator. */
function compileKept(
  schema: Schema,
): (operations: Operations, scope: UpdateScope, isUpsert: boolean) => void {
  const root = rootNode(schema);
  return (operations, scope, isUpsert) => {
    const { createdAt, updatedAt } = timestampsOf(schema);
    const versionKey = schema.get('versionKey');
    if (updatedAt) put(operations, '$set', updatedAt, stampOf(updatedAt));
    if (typeof versionKey === 'string') put(operations, '$inc', versionKey, 1);
    if (!isUpsert) return;
    if (createdAt) put(operations, '$setOnInsert', createdAt, stampOf(createdAt));
    const own = discriminatorOf(schema);
    if (own !== undefined) put(operations, '$setOnInsert', own.key, own.value);

    /** A schema may keep its times as numbers. */
    function stampOf(path: string): unknown {
      const node = root.find(path);
      return node === undefined ? scope.at : writeValue(node, scope.at, path, scope);
    }
  };
}

function put(operations: Operations, operator: string, path: string, value: unknown): void {
  (operations[operator] ??= {})[path] = value;
}

/** The server refuses two changes of one place, and a place together with one inside it. */
function refuseConflicts(operations: Operations): void {
  const paths = Object.values(operations).flatMap((fields) => Object.keys(fields));
  if (!paths.some((path) => path.includes('.'))) return;
  const all = new Set(paths);
  for (const path of all) {
    for (let end = path.indexOf('.'); end !== -1; end = path.indexOf('.', end + 1)) {
      const parent = path.slice(0, end);
      if (all.has(parent)) refuse(parent, 'is changed together with a part of it');
    }
  }
}
