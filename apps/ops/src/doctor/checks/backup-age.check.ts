import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listBackups, SAFETY_PREFIX, type BackupFolder } from '../../backup/list-backups.ts';
import type { Proof } from '../../backup/proof.ts';
import { formatDuration } from '../../terminal/format.ts';
import { printable } from '../../terminal/table.ts';
import { failure, ok, warning, type Check, type Finding } from '../check.ts';

const DAY_MS = 86_400_000;
/** A daily backup, with room for one that takes its time. */
const MAX_AGE_MS = DAY_MS + 2 * 3_600_000;
/** So much may be lost. */
const TOO_OLD_MS = 7 * DAY_MS;
/** A weekly drill, with room for a holiday. */
const MAX_DRILL_AGE_MS = 8 * DAY_MS;
const USUAL_FOLDER = 'backups';
/** A container of the service alone cannot see them. */
const UNKNOWN = `Nobody has said where the backups are, and there is no folder "${USUAL_FOLDER}" here`;
const NAME_IT = 'name their folder with --backups or BACKUP_DIR, or run "ops backup create"';
const CREATE = 'run "ops backup create", and let a timer do so each day';
const LET_READ = 'let this user read it, or name the folder of the backups with --backups or BACKUP_DIR';
const SEE = '"ops backup verify" says what is wrong';
const PROVE = 'run "ops backup verify --drill" on the newest one, and let a timer do so each week';

interface Backup {
  finishedAt: number;
  proof: Proof | undefined;
}

/** Whether there is a recent backup of this database, and one that was restored of late: to be read back is part of making it. */
export const backupAgeCheck: Check = {
  code: 'BACKUP_AGE',
  title: 'Backups',
  needs: ['CONFIG'],
  async run({ configuration, options }) {
    const { backupDir = USUAL_FOLDER } = options;
    if (options.backupDir === undefined && !existsSync(backupDir)) return warning(UNKNOWN, NAME_IT);
    const found = await listBackups(backupDir).catch((error: Error) => error);
    if (Error.isError(found)) {
      const { code = found.name } = (found.cause ?? found) as NodeJS.ErrnoException;
      const cause = `The backup folder cannot be read (${code})`;
      return configuration.server.environment === 'production'
        ? failure(cause, LET_READ)
        : warning(cause, LET_READ);
    }
    const backups = backupsOf(found, configuration.database.database);
    const [newest] = backups;
    const unreadable = await findNewer(backupDir, found.unreadable, newest?.finishedAt ?? 0);
    if (unreadable !== undefined) {
      const cause = `The backup ${printable(unreadable)} cannot be read, and may be the newest`;
      return failure(cause, `${CREATE}; ${SEE}`);
    }
    if (newest === undefined) {
      const cause = 'There is no backup of this database in the backup folder';
      const isProduction = configuration.server.environment === 'production';
      return isProduction ? failure(cause, CREATE) : warning(cause, CREATE);
    }
    if (newest.proof?.isGood === false) {
      return failure('The newest backup did not pass its last check', `${CREATE}; ${SEE}`);
    }
    const ageMs = Date.now() - newest.finishedAt;
    const age = `The newest backup is ${formatDuration(ageMs)} old`;
    if (ageMs > TOO_OLD_MS) return failure(age, CREATE);
    return ageMs > MAX_AGE_MS
      ? warning(age, CREATE)
      : judgeDrills(backups, `newest ${formatDuration(ageMs)} old`);
  },
};

function judgeDrills(backups: readonly Backup[], detail: string): Finding {
  const drills = backups.flatMap(({ proof }) => proof?.drilledAt ?? []).map((at) => Date.parse(at));
  if (drills.length === 0) return warning('No backup was ever restored to prove it', PROVE);
  const ageMs = Date.now() - Math.max(...drills);
  return ageMs > MAX_DRILL_AGE_MS
    ? warning(`A backup was last restored to prove it ${formatDuration(ageMs)} ago`, PROVE)
    : ok(`${detail}, one restored to prove it ${formatDuration(ageMs)} ago`);
}

/** Those of this database, the newest first; what is no whole backup is none, nor is what was saved before a restore. */
function backupsOf({ backups }: BackupFolder, database: string): Backup[] {
  return backups
    .filter(({ name, manifest }) => manifest.database === database && !name.startsWith(SAFETY_PREFIX))
    .map(({ manifest, proof }) => ({ finishedAt: Date.parse(manifest.finishedAt), proof }))
    .sort((a, b) => b.finishedAt - a.finishedAt);
}

/** One that was written after `time`. Of which database it is and when it was made would be in its manifest. */
async function findNewer(
  folder: string,
  names: readonly string[],
  time: number,
): Promise<string | undefined> {
  for (const name of names.filter((each) => !each.startsWith(SAFETY_PREFIX))) {
    const { mtimeMs } = await stat(join(folder, name));
    if (mtimeMs > time) return name;
  }
  return undefined;
}
