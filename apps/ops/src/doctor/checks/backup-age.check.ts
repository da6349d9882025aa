import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest, type Manifest } from '../../backup/manifest.ts';
import { readProof, type Proof } from '../../backup/proof.ts';
import { formatDuration } from '../../terminal/format.ts';
import { failure, ok, warning, type Check, type Finding } from '../check.ts';

const DAY_MS = 86_400_000;
/** A daily backup, with room for one that takes its time. */
const MAX_AGE_MS = DAY_MS + 2 * 3_600_000;
/** So much may be lost. */
const TOO_OLD_MS = 7 * DAY_MS;
/** A weekly drill, with room for a holiday. */
const MAX_PROOF_AGE_MS = 8 * DAY_MS;
const CREATE = 'run "ops backup create", and let a timer do so each day';
const PROVE = 'run "ops backup verify --drill" on the newest one, and let a timer do so each week';

interface Backup {
  finishedAt: number;
  proof: Proof | undefined;
}

/** Whether there is a recent backup of this database, and one that was proven of late. */
export const backupAgeCheck: Check = {
  code: 'BACKUP_AGE',
  title: 'Backups',
  needs: ['CONFIG'],
  async run({ configuration, options }) {
    const backups = await readBackups(options.backupDir, configuration.database.database);
    const [newest] = backups;
    if (newest === undefined) {
      const cause = 'There is no backup of this database in the backup folder';
      const isProduction = configuration.server.environment === 'production';
      return isProduction ? failure(cause, CREATE) : warning(cause, CREATE);
    }
    if (newest.proof?.isGood === false) {
      return failure(
        'The newest backup did not pass its last check',
        `${CREATE}; "ops backup verify" says what is wrong`,
      );
    }
    const ageMs = Date.now() - newest.finishedAt;
    const age = `The newest backup is ${formatDuration(ageMs)} old`;
    if (ageMs > TOO_OLD_MS) return failure(age, CREATE);
    return ageMs > MAX_AGE_MS
      ? warning(age, CREATE)
      : judgeProofs(backups, `newest ${formatDuration(ageMs)} old`);
  },
};

function judgeProofs(backups: readonly Backup[], detail: string): Finding {
  const proofs = backups.flatMap(({ proof }) => (proof?.isGood ? [Date.parse(proof.at)] : []));
  if (proofs.length === 0) return warning('No backup was ever proven', PROVE);
  const proofAgeMs = Date.now() - Math.max(...proofs);
  return proofAgeMs > MAX_PROOF_AGE_MS
    ? warning(`A backup was last proven ${formatDuration(proofAgeMs)} ago`, PROVE)
    : ok(`${detail}, proven ${formatDuration(proofAgeMs)} ago`);
}

/** Those of this database, the newest first; what is no whole backup is none. */
async function readBackups(folder: string, database: string): Promise<Backup[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const backups = await Promise.all(
    folders.map(async ({ name }) => readBackup(join(folder, name), database)),
  );
  return backups.flatMap((backup) => backup ?? []).sort((a, b) => b.finishedAt - a.finishedAt);
}

async function readBackup(folder: string, database: string): Promise<Backup | undefined> {
  const manifest: Manifest | undefined = await readManifest(folder).catch(() => undefined);
  if (manifest?.database !== database) return undefined;
  // One that cannot be read proves nothing.
  const proof = await readProof(folder).catch(() => undefined);
  return { finishedAt: Date.parse(manifest.finishedAt), proof };
}
