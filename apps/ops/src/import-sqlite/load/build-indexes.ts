import { toDatabaseError } from '#database';
import type { mongo } from 'mongoose';
import type { IndexPlan } from '../plan/import-plan.ts';

export interface BuiltIndex {
  /** As MongoDB calls it. */
  name: string;
  keys: Record<string, -1 | 1>;
  isUnique: boolean;
  status: 'failed' | 'ready';
  /** Why it failed. */
  reason?: string;
}

/** Builds the indexes of a collection, one after the other; those that are there already cost nothing. */
export async function buildIndexes(
  collection: mongo.Collection,
  indexes: readonly IndexPlan[],
  signal: AbortSignal,
): Promise<BuiltIndex[]> {
  const built: BuiltIndex[] = [];
  for (const { name, keys, options } of indexes) {
    signal.throwIfAborted();
    const index = {
      name: name ?? keys.map(([path, direction]) => `${path}_${direction}`).join('_'),
      keys: Object.fromEntries(keys),
      isUnique: options.unique === true,
    };
    try {
      await collection.createIndex(new Map(keys), { ...options, name: index.name });
      built.push({ ...index, status: 'ready' });
    } catch (error) {
      const named = toDatabaseError(error);
      const reason = Error.isError(named) ? (named.message.split('\n')[0] ?? '') : String(named);
      built.push({ ...index, status: 'failed', reason });
    }
  }
  return built;
}
