import type { mongo, Schema } from 'mongoose';
import { DocumentInvalidError } from '../errors/database.error.ts';
import { rootNode } from './path-node.ts';
import { discriminatorOf, timestampsOf } from './path-schema.ts';
import { compileEntries, type Operations, put, refuseConflicts } from './update-entries.ts';
import { valuesOnInsert } from './update-insert.ts';
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

/**
 * Makes the function that casts updates: values by the schema and its validators, unknown and immutable fields refused, `updatedAt`
 * and the version moved on. A field without an operator is set; one that is `undefined` is left alone.
 *
 * @returns A function that throws {@link FilterInvalidError} for what may not be written, {@link DocumentInvalidError} for values
 * that break the schema
 * @example compileUpdate(schema)({ name: 'Ada', $inc: { visits: 1 } }, { at: new Date() })
 */
export function compileUpdate(schema: Schema): CompiledUpdate {
  const castEntries = compileEntries(schema);
  const keep = compileKept(schema);
  return (update, { at, isUpsert = false, filter = {} }) => {
    const scope: UpdateScope = { at, problems: [] };
    const { operations, paths, stamps } = castEntries(update, scope, isUpsert);
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
