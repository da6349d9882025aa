import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unusableFolder } from './backup.error.ts';
import { readManifest, type Manifest } from './manifest.ts';
import { isWithoutManifest } from './missing-manifest.ts';
import { listPartial } from './partial-folder.ts';
import { readProof, type Proof } from './proof.ts';

/** Begins the names of backups of what a restore was about to drop: something was wrong with that, or somebody thought so. */
export const SAFETY_PREFIX = 'before-restore-';

/** A folder that holds a backup. */
export interface ListedBackup {
  name: string;
  path: string;
  manifest: Manifest;
  /** `undefined` when it was never proven, or nobody can tell. */
  proof: Proof | undefined;
  /** `proven`: the last look at it was good; `damaged`: it was not. */
  state: 'proven' | 'unproven' | 'damaged';
}

export interface BackupFolder {
  /** The newest first. */
  backups: ListedBackup[];
  /** Names of what has a manifest that cannot be read, or has lost it. */
  unreadable: string[];
  /** Names of what was never finished, or is being written. */
  incomplete: string[];
}

/**
 * Looks through a folder of backups; what is no backup is passed over. A folder that does not exist holds none.
 *
 * @param folder - That holds the backups
 * @throws {@link BackupError} `BACKUP_FOLDER_UNUSABLE`
 */
export async function listBackups(folder: string): Promise<BackupFolder> {
  const found: BackupFolder = { backups: [], unreadable: [], incomplete: [] };
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw unusableFolder(folder, '--backups', error);
  });
  if (entries.length > 0) found.incomplete = await listPartial(folder);
  for (const { name } of entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))) {
    const backup = await readBackup(join(folder, name), name);
    if (backup === 'unreadable') found.unreadable.push(name);
    else if (backup !== 'none') found.backups.push(backup);
  }
  found.backups.sort((a, b) => (a.manifest.startedAt < b.manifest.startedAt ? 1 : -1));
  return found;
}

async function readBackup(path: string, name: string): Promise<ListedBackup | 'unreadable' | 'none'> {
  let manifest: Manifest;
  try {
    manifest = await readManifest(path);
  } catch (error) {
    const isThere = (error as { code?: unknown }).code !== 'BACKUP_NOT_FOUND';
    return isThere || (await isWithoutManifest(path)) ? 'unreadable' : 'none';
  }
  try {
    const proof = await readProof(path);
    const state = proof === undefined ? 'unproven' : proof.isGood ? 'proven' : 'damaged';
    return { name, path, manifest, proof, state };
  } catch (error) {
    const isDamaged = (error as { code?: unknown }).code === 'BACKUP_DAMAGED';
    return { name, path, manifest, proof: undefined, state: isDamaged ? 'damaged' : 'unproven' };
  }
}
