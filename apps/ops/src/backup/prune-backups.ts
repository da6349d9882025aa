import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftOvers } from './left-overs.ts';
import { listBackups, SAFETY_PREFIX, type ListedBackup } from './list-backups.ts';
import { syncFolder } from './partial-folder.ts';

/** How many backups stay: the newest of each of so many days and weeks that have one. */
export interface Retention {
  daily: number;
  weekly: number;
  /** What becomes of damaged ones: what can still be read of them may be all there is. */
  damaged: 'kept' | 'removed';
}

export interface PrunedBackup {
  backup: ListedBackup;
  /** Why it stays, or `undefined` when it goes. */
  reason:
    'daily' | 'weekly' | 'newest proven' | 'nothing is proven' | 'before a restore' | 'damaged' | undefined;
}

const DAY_MS = 86_400_000;
/** A backup on its way out: it is no longer one. */
const REMOVED = /^\..+\.removed$/;

/**
 * Says which backups stay. Each database counts for itself. A damaged backup never stands for its day, and goes only when that is
 * asked for. The newest proven one always stays, and where nothing is proven nothing goes. What was saved before a restore stays, and never stands for its day: of what was
 * wrong that day there must be a backup from before.
 *
 * @param backups - In any order
 */
export function planPruning(backups: readonly ListedBackup[], retention: Retention): PrunedBackup[] {
  const databases = Map.groupBy(backups, ({ manifest }) => manifest.database);
  return [...databases.values()].flatMap((ofOne) => planOne(ofOne, retention));
}

/**
 * Removes the backups that need not stay.
 *
 * @param folder - That holds the backups
 * @param isDryRun - Only says what would go
 * @param onRemoved - Is told the name of what an earlier run had begun to remove, and this one has
 */
export async function pruneBackups(
  folder: string,
  retention: Retention,
  isDryRun: boolean,
  onRemoved?: (name: string) => void,
): Promise<PrunedBackup[]> {
  const { backups } = await listBackups(folder);
  const plan = planPruning(backups, retention);
  if (isDryRun) return plan;
  const ofThisRun: string[] = [];
  for (const { backup, reason } of plan) {
    if (reason !== undefined) continue;
    const name = onItsWayOut(backup);
    // From one moment to the next it is no backup any more: half of one must not be taken for a whole one.
    await rename(backup.path, join(folder, name));
    ofThisRun.push(name);
  }
  if (backups.length > 0) {
    await syncFolder(folder);
    for (const name of await removeLeftOvers(folder, REMOVED, () => true)) {
      if (!ofThisRun.includes(name)) onRemoved?.(name);
    }
  }
  return plan;
}

/** A name that nothing has: one of the same name may have been on its way out when a run was killed. */
function onItsWayOut({ name }: ListedBackup): string {
  return `.${name}.${randomUUID()}.removed`;
}

function planOne(all: readonly ListedBackup[], retention: Retention): PrunedBackup[] {
  const [safety, backups] = [all.filter(isSafety), all.filter((backup) => !isSafety(backup))];
  const kept = safety.map((backup): PrunedBackup => ({ backup, reason: 'before a restore' }));
  return [...planScheduled(backups, retention), ...kept];
}

function isSafety({ name }: ListedBackup): boolean {
  return name.startsWith(SAFETY_PREFIX);
}

function planScheduled(
  backups: readonly ListedBackup[],
  { daily, weekly, damaged }: Retention,
): PrunedBackup[] {
  const newestFirst = backups.toSorted((a, b) => (a.manifest.startedAt < b.manifest.startedAt ? 1 : -1));
  const proven = newestFirst.find(({ state }) => state === 'proven');
  if (!proven) return newestFirst.map((backup) => ({ backup, reason: 'nothing is proven' }));
  const sound = newestFirst.filter(({ state }) => state !== 'damaged');
  const ofDays = newestOfEach(sound, daily, ({ manifest }) => manifest.startedAt.slice(0, 10));
  const ofWeeks = newestOfEach(sound, weekly, ({ manifest }) => String(weekOf(manifest.startedAt)));
  return newestFirst.map((backup) => {
    if (ofDays.has(backup)) return { backup, reason: 'daily' };
    if (ofWeeks.has(backup)) return { backup, reason: 'weekly' };
    if (backup.state === 'damaged' && damaged === 'kept') return { backup, reason: 'damaged' };
    return { backup, reason: backup === proven ? 'newest proven' : undefined };
  });
}

function newestOfEach(
  newestFirst: readonly ListedBackup[],
  most: number,
  periodOf: (backup: ListedBackup) => string,
): Set<ListedBackup> {
  const periods = Map.groupBy(newestFirst, periodOf);
  return new Set([...periods.values()].slice(0, most).flatMap(([newest]) => newest ?? []));
}

/** Weeks since 1970, each from Monday to Sunday in UTC. */
function weekOf(date: string): number {
  // 1970 began on a Thursday.
  return Math.floor((Math.floor(Date.parse(date) / DAY_MS) + 3) / 7);
}
