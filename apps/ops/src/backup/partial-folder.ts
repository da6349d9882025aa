import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BackupError, unusableFolder } from './backup.error.ts';
import { withSpaceNamed } from './file-writer.ts';
import { isAbandoned, isOfBackups, removeLeftOvers, type Owner } from './left-overs.ts';
import { MANIFEST_FILE, OWNER_FILE, UNFINISHED } from './manifest.ts';
import { removeBackup } from './remove-backup.ts';

/** Of this process: others with its number are gone. */
const ours = new Set<string>();
const PARTIAL = /^\.(.+)\.partial$/;
/** It, and what it is before it has anything in it. */
const LEFT_OVER = /^\..+\.partial(?:\.\w{6})?$/;
/** There is a folder with something in it already, or a file. */
const TAKEN: readonly unknown[] = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'];

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
   * @param onRemoved - Is told the name of each
   * @throws {@link BackupError} `BACKUP_EXISTS` when there is a backup of this name, or one is being written
   */
  static async create(
    parent: string,
    name: string,
    onRemoved?: (name: string) => void,
  ): Promise<PartialFolder> {
    const folder = new PartialFolder(parent, name);
    await withSpaceNamed(() => mkdir(parent, { recursive: true, mode: 0o750 })).catch((cause: unknown) => {
      throw unusableFolder(parent, '--out', cause);
    });
    const isLeft = async (path: string): Promise<boolean> => !ours.has(path) && (await isAbandoned(path));
    for (const removed of await removeLeftOvers(parent, LEFT_OVER, isLeft)) onRemoved?.(removed);
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
  const names: string[] = [];
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    const name = entry.isDirectory() ? PARTIAL.exec(entry.name)?.[1] : undefined;
    if (name !== undefined && (await isOfBackups(join(parent, entry.name)))) names.push(name);
  }
  return names;
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

function exists(message: string, cause?: unknown): BackupError {
  return new BackupError('BACKUP_EXISTS', message, { cause, nextStep: 'choose another --name' });
}
