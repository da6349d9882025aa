import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError, isAbsent, unreadable } from './backup.error.ts';
import { seal, unseal } from './manifest.ts';
import { replaceFile } from './partial-folder.ts';

/** Name of the proof in the folder of a backup. */
export const PROOF_FILE = 'proof.json';

/** The last time somebody looked whether the backup is good. */
export interface Proof {
  /** ISO 8601 */
  at: string;
  /** `read`: every byte was read back; `drill`: it was restored, and compared. */
  kind: 'read' | 'drill';
  isGood: boolean;
  /** When it was last restored, and was as it should be; a later look that is no drill leaves it. ISO 8601 */
  drilledAt?: string;
}

/**
 * Reads the proof of a backup.
 *
 * @returns `undefined` when it was never proven
 * @throws {@link BackupError} `BACKUP_DAMAGED` when it is not as it was written, `BACKUP_UNREADABLE`
 */
export async function readProof(folder: string): Promise<Proof | undefined> {
  let content: string;
  try {
    content = await readFile(join(folder, PROOF_FILE), 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unreadable(PROOF_FILE, error);
  }
  const { at, kind, isGood, drilledAt } = unseal(content, PROOF_FILE) as Partial<Proof>;
  if (typeof at === 'string' && (kind === 'read' || kind === 'drill') && typeof isGood === 'boolean') {
    return { at, kind, isGood, ...(typeof drilledAt === 'string' && { drilledAt }) };
  }
  throw new BackupError('BACKUP_DAMAGED', `${PROOF_FILE} is not valid`);
}

/** Replaces the proof of a backup. */
export async function writeProof(folder: string, proof: Omit<Proof, 'drilledAt'>): Promise<void> {
  const { at, kind, isGood } = proof;
  const before = await readProof(folder).catch(() => undefined);
  const drilledAt = kind === 'drill' ? at : before?.drilledAt;
  await replaceFile(folder, PROOF_FILE, seal({ ...proof, ...(isGood && drilledAt && { drilledAt }) }));
}
