import { DatabaseTimeoutError, DatabaseUnavailableError, toDatabaseError } from '#database';
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

/**
 * Builds the indexes of a collection, one after the other; those that are there already cost nothing.
 *
 * @param signal - Ends the waiting; the server goes on with what it has begun, and building it again waits for that
 * @throws {@link DatabaseUnavailableError} {@link DatabaseTimeoutError} When nobody knows what became of an index
 */
export async function buildIndexes(
  collection: mongo.Collection,
  indexes: readonly IndexPlan[],
  signal: AbortSignal,
): Promise<BuiltIndex[]> {
  const built: BuiltIndex[] = [];
  for (const { name, keys, options } of indexes) {
    signal.throwIfAborted();
    const index = { name, keys: Object.fromEntries(keys), isUnique: options.unique === true };
    try {
      const description = { ...options, key: new Map(keys), name };
      const command = { createIndexes: collection.collectionName, indexes: [description] };
      await collection.db.command(command, { signal });
      built.push({ ...index, status: 'ready' });
    } catch (error) {
      signal.throwIfAborted();
      const named = toDatabaseError(error);
      if (named instanceof DatabaseUnavailableError || named instanceof DatabaseTimeoutError) throw named;
      const reason = Error.isError(named) ? (named.message.split('\n')[0] ?? '') : String(named);
      built.push({ ...index, status: 'failed', reason });
    }
  }
  return built;
}
