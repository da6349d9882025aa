import { readdir, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { hasManifest, OWNER_FILE } from './manifest.ts';
import { removeBackup } from './remove-backup.ts';

/** A process that writes a backup. */
export interface Owner {
  host: string;
  pid: number;
}

/** When nothing in it has changed for so long, nobody is at work on it, whoever that was: each container has a name of its own. */
const ABANDONED_MS = 3_600_000;

/**
 * Removes what processes that were killed have left. Others call things as we do: what says nothing of a backup stays, and so does
 * a link, whose content lies elsewhere.
 *
 * @param pattern - Of the names
 * @param isLeft - Whether nobody is at work on one that is ours
 * @returns The names of what was removed
 */
export async function removeLeftOvers(
  parent: string,
  pattern: RegExp,
  isLeft: (path: string) => boolean | Promise<boolean>,
): Promise<string[]> {
  const removed: string[] = [];
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    const path = join(parent, entry.name);
    if (!entry.isDirectory() || !pattern.test(entry.name)) continue;
    if (!(await isOfBackups(path)) || !(await isLeft(path))) continue;
    await removeBackup(path);
    removed.push(entry.name);
  }
  return removed;
}

/** Whether a folder is that of a backup, in whatever state: it names its owner, has a manifest, or has nothing in it that could be lost. */
export async function isOfBackups(path: string): Promise<boolean> {
  try {
    const names = await readdir(path);
    if (names.length === 0 || (await readOwner(path)) || (await hasManifest(path))) return true;
    // Killed while it was writing its first file.
    return names.join() === OWNER_FILE && (await stat(join(path, OWNER_FILE))).size === 0;
  } catch {
    return false;
  }
}

/** Whether the process that wrote it is gone. */
export async function isAbandoned(path: string): Promise<boolean> {
  const owner = await readOwner(path);
  // A container gives the same numbers again: what has this one now has not begun yet.
  if (owner?.host === hostname()) return owner.pid === process.pid || !isRunning(owner.pid);
  return Date.now() - (await lastChange(path)) > ABANDONED_MS;
}

/** @returns `undefined` when it was killed before it had said who it was, or when that was no longer needed */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await readFile(join(path, OWNER_FILE), 'utf8')) as Partial<Owner>;
    const { host, pid } = owner;
    return typeof host === 'string' && typeof pid === 'number' ? { host, pid } : undefined;
  } catch {
    return undefined;
  }
}

/** Of anything in a folder, in milliseconds since 1970; what goes meanwhile is a change. */
async function lastChange(folder: string): Promise<number> {
  try {
    const names = await readdir(folder, { recursive: true });
    const times = ['', ...names].map(async (name) => (await stat(join(folder, name))).mtimeMs);
    return Math.max(...(await Promise.all(times)));
  } catch {
    return Date.now();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}
