import type { mongo } from 'mongoose';
import { DuplicateKeyError } from '../errors/database.error.ts';
import { retryWhileBusy } from './build-index.ts';
import type { IndexDefinition } from './declared-indexes.ts';
import { codeOf } from './read-indexes.ts';

const CANNOT_CONVERT_TO_UNIQUE = 359;

/**
 * Changes an index where it stands, so that it serves and refuses all the while. A unique one first keeps new duplicates out
 * (`prepareUnique`), then looks for old ones; when it finds some, all is as before.
 *
 * @param declared - As it shall be, under the name that it has
 * @param differences - `hidden`, `expireAfterSeconds`, `prepareUnique` or `unique`
 * @throws {@link DuplicateKeyError} {@link NotPermittedError} `readWrite` is not enough, it takes `dbAdmin`; {@link DatabaseError}
 * @see https://www.mongodb.com/docs/manual/core/index-unique/convert-to-unique/
 */
export async function modifyIndex(
  db: mongo.Db,
  collection: string,
  { name, key, options }: IndexDefinition,
  differences: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const modify = (index: object) =>
    retryWhileBusy(() => db.command({ collMod: collection, index: { name, ...index } }), signal);
  if (differences.includes('expireAfterSeconds')) {
    await modify({ expireAfterSeconds: options.expireAfterSeconds });
  }
  if (differences.includes('hidden')) await modify({ hidden: options.hidden === true });
  if (differences.includes('unique')) {
    await modify({ prepareUnique: true });
    try {
      await modify({ unique: true });
    } catch (error) {
      await modify({ prepareUnique: false });
      if (codeOf(error) === CANNOT_CONVERT_TO_UNIQUE) throw new DuplicateKeyError(Object.keys(key), error);
      throw error;
    }
  } else if (differences.includes('prepareUnique')) {
    // Left over from a conversion that was cut off.
    await modify({ prepareUnique: false });
  }
}
