import { toDatabaseError, DatabaseUnavailableError } from '#database';
import { mongo } from 'mongoose';
import type { CollectionPlan } from './collection-plan.ts';
import type { OrderedDocument } from './ordered-bson.ts';

/** An index that the server refused to build. */
export interface IndexProblem {
  index: string;
  message: string;
}

/**
 * Builds indexes in one pass over the documents, as long as that takes.
 *
 * @param signal - Ends the waiting; the server goes on with what it has begun, and building it again waits for that
 * @returns Those that cannot be built, for instance since two documents have the same unique key; the others are there
 * @throws What keeps the server from building any
 */
export async function buildIndexes(
  db: mongo.Db,
  collection: string,
  indexes: readonly OrderedDocument[],
  signal?: AbortSignal,
): Promise<IndexProblem[]> {
  if (indexes.length === 0) return [];
  try {
    await db.command({ createIndexes: collection, indexes }, { ...(signal && { signal }) });
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const [index, ...others] = indexes;
    if (index && others.length === 0) return [{ index: String(index.get('name')), message: error.message }];
  }
  // All or nothing: one after the other shows which of them is at fault.
  const problems: IndexProblem[] = [];
  for (const index of indexes) problems.push(...(await buildIndexes(db, collection, [index], signal)));
  return problems;
}

/** Lets documents expire from now on, as they did in the source. */
export async function startExpiry(
  db: mongo.Db,
  { name, expiringIndexes, expireAfterSeconds }: CollectionPlan,
): Promise<IndexProblem[]> {
  const problems = await buildIndexes(db, name, expiringIndexes);
  if (expireAfterSeconds !== undefined) await db.command({ collMod: name, expireAfterSeconds });
  return problems;
}

function isRefusal(error: unknown): error is mongo.MongoServerError {
  const isOfServer = error instanceof mongo.MongoServerError;
  return isOfServer && !(toDatabaseError(error) instanceof DatabaseUnavailableError);
}
