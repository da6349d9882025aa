import type { Schema } from 'mongoose';
import { DocumentInvalidError } from '../errors/database.error.ts';
import { isRecord } from './field-type.ts';
import { refuse } from './filter-value.ts';
import { UPDATE_OPERATORS } from './update-operators.ts';
import { compileTargets, type UpdateTarget } from './update-target.ts';
import type { UpdateScope } from './update-value.ts';

/** Values by operator and path. */
export type Operations = Record<string, Record<string, unknown>>;

/** What an update as it was given leads to. */
interface CastEntries {
  operations: Operations;
  paths: ReadonlySet<string>;
  /** `updatedAt` of the documents around. */
  stamps: ReadonlySet<string>;
}

/**
 * Makes the function that casts what an update holds, and refuses paths that are unknown, kept by the repository or immutable.
 *
 * @returns A function that throws {@link FilterInvalidError}, and adds what breaks the schema to `scope.problems`
 */
export function compileEntries(
  schema: Schema,
): (update: object, scope: UpdateScope, isUpsert: boolean) => CastEntries {
  const targetOf = compileTargets(schema);
  return (update, scope, isUpsert) => {
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
    return { operations, paths, stamps };
  };
}

/**
 * Makes the function that checks an update which Mongoose is to cast and validate: what it may write, and that no value holds an operator.
 *
 * @returns A function that throws {@link FilterInvalidError} and {@link DocumentInvalidError} as a compiled update does
 */
export function compileUpdateCheck(schema: Schema): (update: object, isUpsert: boolean) => void {
  const castEntries = compileEntries(schema);
  return (update, isUpsert) => {
    const scope: UpdateScope = { at: new Date(), problems: [], isShapeOnly: true };
    refuseConflicts(castEntries(update, scope, isUpsert).operations);
    if (scope.problems.length > 0) throw new DocumentInvalidError(scope.problems);
  };
}

/** The parts of an update as `[operator, path, value]`, without those that are `undefined`. */
export function entriesOf(update: unknown): [operator: string, path: string, value: unknown][] {
  if (Array.isArray(update)) refuse('', 'a pipeline is not an update here');
  if (!isRecord(update)) return refuse('', 'an update must be an object');
  const entries: [string, string, unknown][] = [];
  for (const key of Object.keys(update)) {
    const value = update[key];
    if (value === undefined) continue;
    if (!key.startsWith('$')) {
      entries.push(['$set', key, value]);
      continue;
    }
    if (!UPDATE_OPERATORS.has(key)) refuse('', 'it holds an operator that is not allowed');
    if (!isRecord(value)) return refuse(key, 'must be an object of fields');
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

export function put(operations: Operations, operator: string, path: string, value: unknown): void {
  (operations[operator] ??= {})[path] = value;
}

/** The server refuses two changes of one place, and a place together with one inside it. */
export function refuseConflicts(operations: Operations): void {
  if (!hasDottedPath(operations)) return;
  const all = new Set(Object.values(operations).flatMap((fields) => Object.keys(fields)));
  for (const path of all) {
    for (let end = path.indexOf('.'); end !== -1; end = path.indexOf('.', end + 1)) {
      const parent = path.slice(0, end);
      if (all.has(parent)) refuse(parent, 'is changed together with a part of it');
    }
  }
}

function hasDottedPath(operations: Operations): boolean {
  for (const operator of Object.keys(operations))
    for (const path of Object.keys(operations[operator] ?? {})) if (path.includes('.')) return true;
  return false;
}
