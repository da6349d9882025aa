import { randomBytes } from 'node:crypto';
import type { mongo } from 'mongoose';
import { restoreBackup } from '../restore/restore-backup.ts';
import type { Progress } from '../terminal/progress.ts';

/** Scratch databases are called so; one that is left over after a kill may be dropped. */
export const DRILL_PREFIX = 'drill_';

export interface DrillOptions {
  /** Needs the rights to write and drop the scratch database. */
  client: mongo.MongoClient;
  /** Of the backup. */
  folder: string;
  progress?: Progress | undefined;
  signal: AbortSignal;
}

/**
 * Restores a backup into a scratch database, compares every document, option and index, and drops it, whatever came of it.
 *
 * @returns What differs, one sentence each; empty when the backup is good
 */
export async function drill({ client, folder, progress, signal }: DrillOptions): Promise<string[]> {
  const scratch = `${DRILL_PREFIX}${randomBytes(6).toString('hex')}`;
  try {
    const report = await restoreBackup({
      client,
      path: folder,
      to: scratch,
      signal,
      ...(progress && { progress }),
    });
    signal.throwIfAborted();
    const problems = report.collections.flatMap((collection) =>
      collection.problems.map((problem) => `${collection.name}: ${problem}`),
    );
    if (report.interruption) problems.push(report.interruption.message);
    if (problems.length === 0 && !report.isComplete) problems.push('The restore did not come to its end');
    return problems;
  } finally {
    await client.db(scratch).dropDatabase();
  }
}
