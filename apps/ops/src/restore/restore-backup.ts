import { DatabaseError, toDatabaseError } from '#database';
import type { mongo } from 'mongoose';
import { readServerFacts } from '../backup/server-facts.ts';
import { CommandError } from '../command.error.ts';
import { CollectionRestore } from './collection-restore.ts';
import { openDump } from './open-dump.ts';
import type { RestoreOptions } from './options.ts';
import { isContinuation, refuseNewerDump, refuseOccupiedTarget } from './preflight.ts';
import type { RestoreReport } from './report.ts';
import { runSteps } from './restore-steps.ts';
import { saveBeforeDrop } from './safety-backup.ts';
import {
  checkTargetName,
  emptyTarget,
  markEmptied,
  readTarget,
  removeMarker,
  writeMarker,
  type Marker,
  type Target,
} from './target.ts';

/**
 * Restores one database of a backup or of a dump by mongodump. The whole dump is read and checked before the first write, and the
 * target is read back and compared at the end.
 *
 * From the first write on nothing is thrown: the report says what has been reached and what ended it. The same call again goes on
 * from there.
 *
 * @throws {@link RestoreError} When it is refused; nothing was written
 * @throws {@link BackupError} When the dump is damaged; nothing was written
 * @throws {@link DatabaseError} When the target cannot be read
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const startedAt = performance.now();
  const { client, path, to, shouldDrop = false, isDryRun = false } = options;
  const signal = options.signal ?? new AbortController().signal;
  const dump = await openDump(path, options.database);
  const database = to ?? dump.database;
  checkTargetName(database);
  const server = await readServerFacts(client, signal);
  refuseNewerDump(server, dump);
  const db = client.db(database);
  // Known at once, before minutes of reading.
  refuseOccupiedTarget(database, await readTarget(db), { shouldDrop, fingerprint: undefined });
  const fingerprint = await dump.verify({ signal, progress: options.progress });
  const target = await readTarget(db);
  refuseOccupiedTarget(database, target, { shouldDrop, fingerprint });
  const isResumed = isContinuation(target, fingerprint);
  const collections = dump.collections.map(
    (dumped) => new CollectionRestore(dumped, server.hasRawTimeSeries),
  );
  const report: RestoreReport = {
    source: dump.database,
    database,
    isDryRun,
    isResumed,
    isComplete: false,
    interruption: null,
    dropped: isResumed ? [] : target.collections.map(({ name }) => name),
    safetyBackup: isResumed ? (target.marker?.safetyBackup ?? null) : null,
    collections: [],
    notes: [...dump.notes, ...notesOn(target, isResumed)],
    durationMs: 0,
  };
  if (!isDryRun) {
    const isOccupied = target.collections.length > 0 && !isResumed;
    if (isOccupied) report.safetyBackup = await save(options, db, signal);
    signal.throwIfAborted();
    try {
      if (!isResumed) await clear(db, target, { fingerprint, safetyBackup: report.safetyBackup });
      await runSteps({ db, dump, collections, isResumed, signal, progress: options.progress });
      await removeMarker(db);
    } catch (error) {
      report.interruption = describe(signal.aborted ? signal.reason : error);
    }
  }
  report.collections = collections.map((each) => each.report);
  report.isComplete =
    report.interruption === null &&
    !isDryRun &&
    report.collections.every(({ state }) => state === 'restored');
  report.durationMs = Math.round(performance.now() - startedAt);
  return report;
}

async function save(
  { safetyFolder: folder, progress }: RestoreOptions,
  db: mongo.Db,
  signal: AbortSignal,
): Promise<string | null> {
  if (folder === undefined) return null;
  progress?.note(`Saving what is in ${db.databaseName} before it is dropped`);
  return saveBeforeDrop({ db, folder, signal, progress });
}

/** Leaves the note that a restore has begun, and drops what is there. */
async function clear(
  db: mongo.Db,
  target: Target,
  facts: Pick<Marker, 'fingerprint' | 'safetyBackup'>,
): Promise<void> {
  const isEmptied = target.collections.length === 0;
  await writeMarker(db, { ...facts, startedAt: new Date(), isEmptied });
  if (isEmptied) return;
  await emptyTarget(db, target);
  await markEmptied(db);
}

function notesOn({ collections, marker }: Target, isResumed: boolean): string[] {
  if (isResumed) return ['It goes on with a restore of the same dump that was not finished'];
  if (!marker?.safetyBackup || collections.length === 0) return [];
  return [`An earlier restore that was not finished saved the former content in ${marker.safetyBackup}`];
}

function describe(error: unknown): { code: string; message: string } {
  const named = toDatabaseError(error);
  if (named instanceof DatabaseError || named instanceof CommandError) {
    return { code: named.code, message: named.message };
  }
  const [message = ''] = (Error.isError(named) ? named.message : String(named)).split('\n');
  return { code: 'FAILED', message };
}
