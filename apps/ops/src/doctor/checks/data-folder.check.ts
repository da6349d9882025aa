import { constants, type Stats } from 'node:fs';
import { access, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, ok, skipped, type Check } from '../check.ts';

const NEXT =
  'give folder and files to the user of the server: "sudo chown -R 999:999 data/mongodb" for the container, ' +
  'and "chmod -R u+rwX" on the folder; then start it again';

/** Files and folders of the server; what else lies there is none of its business. */
const OF_SERVER = /^WiredTiger|\.wt$|^(mongod\.lock|storage\.bson|journal|diagnostic\.data)$/;

/** Whether the server can write to its data folder, where that is on this machine. */
export const dataFolderCheck: Check = {
  code: 'DATA_FOLDER',
  title: 'Data folder',
  needs: ['CONFIG'],
  async run(context) {
    const folders = await context.dataFolders();
    if (folders.length === 0) return skipped('There is no data folder on this machine');
    for (const folder of folders) {
      const problem = await problemOf(folder);
      if (problem !== null) return failure(`Permission denied: ${problem}`, NEXT);
    }
    return ok();
  },
};

async function problemOf(folder: string): Promise<string | null> {
  let names: string[];
  let stats: Stats;
  try {
    stats = await lstat(folder);
    names = await readdir(folder);
    if (stats.uid === process.getuid?.()) await access(folder, constants.W_OK);
  } catch (error) {
    const code = Error.isError(error) && 'code' in error ? String(error.code) : '';
    if (code === 'EROFS') return 'the data folder is on a file system that is mounted read-only';
    if (code === 'ENOENT') return 'there is no such data folder';
    // A folder of mode 0700 that belongs to the server is as it should be; nobody else sees what is in it.
    if (code === 'EACCES' && !isOwn(await lstat(folder).catch(() => undefined))) return null;
    if (code === 'EACCES' || code === 'EPERM')
      return 'the owner of the data folder may not read and write it';
    throw error;
  }
  if ((stats.mode & 0o700) !== 0o700) return 'the owner of the data folder may not read and write it';
  const files = await Promise.all(
    names
      .filter((name) => OF_SERVER.test(name))
      .map(async (name) => lstat(join(folder, name)).catch(() => undefined)),
  );
  const known = files.filter((file) => file !== undefined);
  if (known.some(({ uid }) => uid !== stats.uid)) {
    return 'files in the data folder belong to another user than the folder';
  }
  const isClosed = (file: Stats) => (file.mode & 0o600) !== 0o600;
  return known.some(isClosed) ? 'files in the data folder may not be read and written by their owner' : null;
}

function isOwn(stats: Stats | undefined): boolean {
  return stats !== undefined && stats.uid === process.getuid?.();
}
