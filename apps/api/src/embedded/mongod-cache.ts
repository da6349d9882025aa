import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What a download gets: the folder that keeps the binaries, the environment and the log. */
export interface DownloadContext {
  cacheDir: string;
  env: NodeJS.ProcessEnv;
  log: (line: string) => void;
}

const TEMPORARY_PREFIX = '.fetching-';
const ABANDONED_AFTER_MS = 24 * 60 * 60_000;

/**
 * Lets `fetch` fill a folder of its own beside the finished binaries, then moves what it names into the cache.
 * So a binary of the cache is always whole, whatever other processes fetch at the same time.
 *
 * @param cacheDir - Folder of the finished binaries; made when missing
 * @param fetch - Fetches into the folder and returns names of files in it, the binary last
 * @returns Path of the binary in the cache
 */
export async function fetchIntoCache(
  cacheDir: string,
  fetch: (folder: string) => Promise<string[]>,
): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  await removeAbandoned(cacheDir);
  const folder = await mkdtemp(join(cacheDir, TEMPORARY_PREFIX));
  try {
    let binary = '';
    for (const name of await fetch(folder)) {
      binary = join(cacheDir, name);
      await rename(join(folder, name), binary);
    }
    return binary;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what a killed process left; a younger folder may still be in use. */
async function removeAbandoned(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith(TEMPORARY_PREFIX)) continue;
    const folder = join(cacheDir, name);
    const info = await stat(folder).catch(() => null);
    if (info && Date.now() - info.mtimeMs > ABANDONED_AFTER_MS)
      await rm(folder, { recursive: true, force: true });
  }
}
