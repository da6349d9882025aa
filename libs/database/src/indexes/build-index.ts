import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import { DatabaseUnavailableError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { differencesOf } from './compare-indexes.ts';
import { toDescription, type IndexDefinition } from './declared-indexes.ts';
import { codeOf, readCollections, type ExistingIndex } from './read-indexes.ts';

/** Another build or another instance is in the way for the moment. */
const BUSY = [
  276, // IndexBuildAborted
  293, // IndexBuildAlreadyInProgress
  12_587, // BackgroundOperationInProgressForNamespace
  117, // ConflictingOperationInProgress
  112, // WriteConflict
];
/** IndexAlreadyExists, IndexOptionsConflict, IndexKeySpecsConflict: another instance may have built just this one. */
const EXISTS = [68, 85, 86];
const RETRY = { first: 100, last: 2_000, attempts: 6 };

/**
 * Builds one index and waits for it, as long as it takes. The driver gives up on a long build at its socket timeout while the server
 * builds on: the same command then waits for the same build. What another instance builds meanwhile is taken as built.
 *
 * @param signal - Ends the waiting, not the build
 * @throws {@link DuplicateKeyError} {@link DatabaseError}, or the server's own error when the definition is not possible
 */
export async function buildIndex(
  db: mongo.Db,
  collection: string,
  index: IndexDefinition,
  signal?: AbortSignal,
): Promise<void> {
  await retryWhileBusy(async () => {
    try {
      await db.collection(collection).createIndexes([toDescription(index)]);
    } catch (error) {
      if (EXISTS.includes(codeOf(error) ?? 0) && (await find(db, collection, index)) !== undefined) return;
      const wasCutOff = toDatabaseError(error) instanceof DatabaseUnavailableError;
      throw wasCutOff && (await isBuilding(db, collection, index)) ? new StillBuildingError(error) : error;
    }
  }, signal);
}

/** Drops one index, if it is still what it was; that it has gone already is as good. */
export async function dropIndex(
  db: mongo.Db,
  collection: string,
  index: IndexDefinition,
  signal?: AbortSignal,
): Promise<void> {
  const now = (await readCollections(db, [collection])).get(collection);
  const same = now?.indexes.find(({ name }) => name === index.name);
  if (same === undefined) return;
  if (differencesOf(index, same).some((name) => name !== 'collation')) {
    throw new Error('Another index has taken this name meanwhile');
  }
  await retryWhileBusy(async () => {
    try {
      await db.command({ dropIndexes: collection, index: index.name });
    } catch (error) {
      const isGone = [26, 27].includes(codeOf(error) ?? 0);
      if (!isGone) throw error;
    }
  }, signal);
}

/** Runs `operation` again while builds and other instances are in its way. */
export async function retryWhileBusy<R>(operation: () => Promise<R>, signal?: AbortSignal): Promise<R> {
  let waitMs = RETRY.first;
  for (let attempt = 1; ;) {
    signal?.throwIfAborted();
    try {
      return await operation();
    } catch (error) {
      const isStillBuilding = error instanceof StillBuildingError;
      if (!isStillBuilding && (!BUSY.includes(codeOf(error) ?? 0) || attempt === RETRY.attempts)) {
        throw toDatabaseError(error);
      }
      if (!isStillBuilding) attempt += 1;
    }
    await sleep(waitMs, undefined, signal && { signal });
    waitMs = Math.min(RETRY.last, waitMs * 2);
  }
}

/** The connection is gone and the build goes on. */
class StillBuildingError extends Error {
  constructor(cause: unknown) {
    super('The index is still being built', { cause });
  }
}

async function isBuilding(db: mongo.Db, collection: string, index: IndexDefinition): Promise<boolean> {
  const found = await find(db, collection, index).catch(() => undefined);
  return found?.isBuilding === true;
}

async function find(
  db: mongo.Db,
  collection: string,
  index: IndexDefinition,
): Promise<ExistingIndex | undefined> {
  const found = (await readCollections(db, [collection])).get(collection);
  return found?.indexes.find((other) => differencesOf(index, other, found.options.collation).length === 0);
}
