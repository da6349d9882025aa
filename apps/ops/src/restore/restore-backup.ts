import type { mongo } from 'mongoose';
import { readServerFacts, type ServerFacts } from '../backup/server-facts.ts';
import { CollectionRestore } from './collection-restore.ts';
import { describeInterruption } from './describe-interruption.ts';
import { openDump } from './open-dump.ts';
import type { RestoreOptions } from './options.ts';
import { isContinuation, refuseNewerDump, refuseOccupiedTarget, refuseOtherCase } from './preflight.ts';
import type { RestoreReport } from './report.ts';
import { runSteps } from './restore-steps.ts';
import { saveBeforeDrop } from './safety-backup.ts';
import {
  checkTargetName,
  emptyTarget,
  markEmptied,
  markEnded,
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
  await refuseOtherCase(client, database);
  const server = await readServerFacts(client, signal);
  refuseNewerDump(server, dump);
  const db = client.db(database);
  // Known at once, before minutes of reading.
  refuseOccupiedTarget(database, await readTarget(db), { shouldDrop, fingerprint: undefined });
  const fingerprint = await dump.verify({ signal, progress: options.progress });
  const target = await readTarget(db);
  refuseOccupiedTarget(database, target, { shouldDrop, fingerprint });
  const isResumed = isContinuation(target, fingerprint, shouldDrop);
  const isOccupied = target.collections.length > 0 && !isResumed;
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
    isSaved: options.safetyFolder !== undefined,
    safetyBackup: isOccupied ? null : (target.marker?.safetyBackup ?? null),
    collections: [],
    notes: [...dump.notes, ...notesOn(target, { isResumed, isOccupied })],
    durationMs: 0,
  };
  if (!isDryRun) {
    if (isOccupied) report.safetyBackup = await save(options, db, server);
    signal.throwIfAborted();
    try {
      const { safetyBackup } = report;
      if (!isResumed) report.dropped = await clear(db, { fingerprint, safetyBackup, isEmptied: !isOccupied });
      await runSteps({ db, dump, collections, isResumed, signal, progress: options.progress });
      const isRestored = collections.every(({ report: { state } }) => state === 'restored');
      await (isRestored ? removeMarker(db) : markEnded(db));
    } catch (error) {
      report.interruption = describeInterruption(signal.aborted ? signal.reason : error);
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
  { safetyFolder: folder, progress, signal = new AbortController().signal }: RestoreOptions,
  db: mongo.Db,
  { hasRawTimeSeries }: ServerFacts,
): Promise<string | null> {
  if (folder === undefined) return null;
  progress?.note(`Saving what is in ${db.databaseName} before it is dropped`);
  return saveBeforeDrop({ db, folder, hasRawTimeSeries, signal, progress });
}

/** Leaves the note that a restore has begun, and drops what is there. Returns what it has dropped. */
async function clear(
  db: mongo.Db,
  facts: Pick<Marker, 'fingerprint' | 'safetyBackup' | 'isEmptied'>,
): Promise<string[]> {
  await writeMarker(db, { ...facts, startedAt: new Date() });
  if (facts.isEmptied) return [];
  const dropped = await emptyTarget(db);
  await markEmptied(db);
  return dropped;
}

function notesOn(
  { marker }: Target,
  { isResumed, isOccupied }: { isResumed: boolean; isOccupied: boolean },
): string[] {
  if (isResumed) return ['It goes on with a restore of the same dump that was not finished'];
  if (!marker?.safetyBackup || !isOccupied) return [];
  return [`An earlier restore that was not finished saved the former content in ${marker.safetyBackup}`];
}
