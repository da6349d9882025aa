import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_FILE, OWNER_FILE } from './manifest.ts';

/** Last of all, in this order. */
const MARKS = [MANIFEST_FILE, OWNER_FILE];

/**
 * Removes a backup, finished or not. Its data goes first: data without a manifest is a dump of `mongodump` to whoever finds it, and
 * after a kill in between a restore would take what is left for the whole.
 *
 * @param folder - Of the backup; nothing happens when there is none
 */
export async function removeBackup(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw error;
  });
  const data = entries.filter((name) => !MARKS.includes(name));
  for (const name of [...data, ...MARKS]) await rm(join(folder, name), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}
