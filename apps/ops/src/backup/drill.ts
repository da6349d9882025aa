import { randomBytes } from 'node:crypto';
import type { mongo } from 'mongoose';
import { restoreBackup } from '../restore/restore-backup.ts';
import type { RestoreReport } from '../restore/report.ts';
import { EXIT } from '../exit-codes.ts';
import { describeFailure } from '../run-command.ts';
import type { Progress } from '../terminal/progress.ts';
import { BackupError } from './backup.error.ts';

/** Scratch databases are called so; one that is left over after a kill may be dropped, and the next drill tells of it. */
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
 * Restores a backup into a scratch database, compares every document, option and index, and drops it, whatever came of it. What an
 * earlier drill has left is told and stays: another one may be at work on it.
 *
 * @returns What differs, one sentence each; empty when the backup is good
 * @throws {@link BackupError} `BACKUP_DRILL_NOT_ENDED` for what the server did, and what says nothing about the backup
 */
export async function drill(options: DrillOptions): Promise<string[]> {
  const { client, progress } = options;
  for (const name of await findLeftOver(client)) {
    progress?.note(`${name} is left of a drill that was killed, unless one is running: drop it`);
  }
  const scratch = `${DRILL_PREFIX}${randomBytes(6).toString('hex')}`;
  const [outcome] = await Promise.allSettled([restoreInto(scratch, options)]);
  const failure = await drop(client, scratch);
  const isGood = outcome.status === 'fulfilled' && outcome.value.length === 0;
  if (failure && isGood) throw failure;
  // What came of the drill matters more.
  if (failure) progress?.note(failure.message);
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

async function restoreInto(
  scratch: string,
  { client, folder, progress, signal }: DrillOptions,
): Promise<string[]> {
  const report = await restoreBackup({
    client,
    path: folder,
    to: scratch,
    signal,
    ...(progress && { progress }),
  });
  signal.throwIfAborted();
  if (report.interruption) throw notEnded(report.interruption);
  const problems = report.collections.flatMap((collection) =>
    collection.problems.map((problem) => `${collection.name}: ${problem}`),
  );
  if (problems.length === 0 && !report.isComplete) problems.push('The restore did not come to its end');
  return problems;
}

async function findLeftOver(client: mongo.MongoClient): Promise<string[]> {
  const filter = { name: { $regex: `^${DRILL_PREFIX}[0-9a-f]{12}$` } };
  const { databases } = await client.db().admin().listDatabases({ nameOnly: true, filter });
  return databases.map(({ name }) => name);
}

/** @returns What kept it from being dropped */
async function drop(client: mongo.MongoClient, scratch: string): Promise<BackupError | undefined> {
  try {
    await client.db(scratch).dropDatabase();
    return undefined;
  } catch (cause) {
    const { message, exitCode } = describeFailure(cause);
    const sentence = `The scratch database ${scratch} cannot be dropped: ${message}`;
    return new BackupError('BACKUP_DRILL_NOT_ENDED', sentence, {
      cause,
      exitCode,
      nextStep: `drop ${scratch} by hand: it is a copy of the data`,
    });
  }
}

function notEnded({ code, message }: NonNullable<RestoreReport['interruption']>): BackupError {
  return new BackupError('BACKUP_DRILL_NOT_ENDED', `The drill did not come to its end: ${message}`, {
    exitCode: code === 'DATABASE_UNAVAILABLE' ? EXIT.unavailable : EXIT.failed,
    nextStep: 'run it again: the backup was read back, and what ended the drill says nothing about it',
  });
}
