import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BackupError } from './backup.error.ts';
import { withSpaceNamed } from './file-writer.ts';
import { MANIFEST_FILE, OWNER_FILE, UNFINISHED } from './manifest.ts';
import { removeBackup } from './remove-backup.ts';

/** Of this process: others with its number are gone. */
const ours = new Set<string>();
const PARTIAL = /^\.(.+)\.partial$/;
/** Before it is one. */
const DRAFT = /^\..+\.partial\.\w{6}$/;
/** There is a folder with something in it already. */
const TAKEN: readonly unknown[] = ['EEXIST', 'ENOTEMPTY'];

/** When nothing in it has changed for so long, nobody is at work on it, whoever that was: each container has a name of its own. */
const ABANDONED_MS = 3_600_000;

interface Owner {
  host: string;
  pid: number;
}

/** The folder of a backup while it is being written: `.NAME.partial`, renamed to `NAME` when everything is on the disk. */
export class PartialFolder {
  readonly path: string;
  readonly #final: string;
  readonly #parent: string;

  private constructor(parent: string, name: string) {
    this.#parent = parent;
    this.#final = join(parent, name);
    this.path = join(parent, `.${name}.partial`);
  }

  /**
   * Creates it, and removes what runs that were killed have left in the same place.
   *
   * @throws {@link BackupError} `BACKUP_EXISTS` when there is a backup of this name, or one is being written
   */
  static async create(parent: string, name: string): Promise<PartialFolder> {
    const folder = new PartialFolder(parent, name);
    await mkdir(parent, { recursive: true, mode: 0o750 });
    await removeLeftOvers(parent);
    if ((await readdir(parent)).includes(name)) throw exists('There is already a backup of this name');
    ours.add(folder.path);
    try {
      await withSpaceNamed(() => folder.#begin());
    } catch (cause) {
      if (TAKEN.includes((cause as { code?: unknown }).code))
        throw exists('A backup of this name is being written', cause);
      ours.delete(folder.path);
      throw cause;
    }
    return folder;
  }

  /**
   * Gives it its name, with everything inside on the disk.
   *
   * @param manifest - Text of the manifest, which makes it complete
   */
  async publish(manifest: string): Promise<string> {
    await syncFolders(this.path);
    await replaceFile(this.path, MANIFEST_FILE, manifest);
    await rename(this.path, this.#final);
    ours.delete(this.path);
    // Until now it tells that what was killed is nobody's; in a backup it says nothing.
    await rm(join(this.#final, OWNER_FILE), { force: true });
    await syncFolder(this.#final);
    await syncFolder(this.#parent);
    return this.#final;
  }

  async remove(): Promise<void> {
    await removeBackup(this.path);
    ours.delete(this.path);
  }

  /** It appears with what says that it is unfinished and whose it is: without an owner it would block its name for an hour after a kill. */
  async #begin(): Promise<void> {
    const draft = await mkdtemp(`${this.path}.`);
    try {
      await chmod(draft, 0o750);
      const owner: Owner = { host: hostname(), pid: process.pid };
      await writeFile(join(draft, OWNER_FILE), JSON.stringify(owner));
      await writeFile(join(draft, MANIFEST_FILE), UNFINISHED);
      await rename(draft, this.path);
    } catch (error) {
      await removeBackup(draft);
      throw error;
    }
  }
}

/** Names of backups that were never finished, or are being written. */
export async function listPartial(parent: string): Promise<string[]> {
  return (await readdir(parent)).flatMap((name) => PARTIAL.exec(name)?.[1] ?? []);
}

/** Writes a small file so that it is there as a whole or not at all. */
export async function replaceFile(folder: string, name: string, content: string): Promise<void> {
  const temporary = join(folder, `.${name}.partial`);
  try {
    const file = await open(temporary, 'w');
    try {
      await withSpaceNamed(async () => {
        await file.writeFile(content);
        await file.sync();
      });
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Brings the entries of a folder to the disk; the files in it have been brought there before. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function syncFolders(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncFolders(join(path, entry.name));
  }
  await syncFolder(path);
}

async function removeLeftOvers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!PARTIAL.test(name) && !DRAFT.test(name)) continue;
    const path = join(parent, name);
    if (!ours.has(path) && (await isLeftOver(path))) await removeBackup(path);
  }
}

async function isLeftOver(path: string): Promise<boolean> {
  const owner = await readOwner(path);
  // A container gives the same numbers again: what has this one now has not begun yet.
  if (owner?.host === hostname()) return owner.pid === process.pid || !isRunning(owner.pid);
  return Date.now() - (await lastChange(path)) > ABANDONED_MS;
}

/** @returns `undefined` when it was killed before it had said who it was, or when that was no longer needed */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(join(path, OWNER_FILE), 'utf8')) as Owner;
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

function exists(message: string, cause?: unknown): BackupError {
  return new BackupError('BACKUP_EXISTS', message, { cause, nextStep: 'choose another --name' });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}
