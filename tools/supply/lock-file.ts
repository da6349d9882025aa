import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const LOCK_FILE = join(resolve(import.meta.dirname, '../..'), 'package-lock.json');

/** One copy of a package in `node_modules`. */
export interface LockedPackage {
  name: string;
  /** Where it lies, as in `node_modules/mongoose/node_modules/mongodb`. */
  path: string;
  version: string;
  /** An SPDX expression; absent when the package names none. */
  license?: string;
  /** Whether only development needs it, so that it is not shipped. */
  isDevelopment: boolean;
}

/** Every package that `npm ci` installs, on any platform, by `package-lock.json`. */
export async function readLockFile(file = LOCK_FILE): Promise<LockedPackage[]> {
  const { packages } = JSON.parse(await readFile(file, 'utf8')) as {
    packages: Record<string, { name?: string; version: string; license?: string; dev?: boolean }>;
  };
  return (
    Object.entries(packages)
      .filter(([path]) => path !== '')
      // One that is installed under another name says its own.
      .map(([path, { name, version, license, dev = false }]) => ({
        name: name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
        path,
        version,
        ...(license !== undefined && { license }),
        isDevelopment: dev,
      }))
  );
}
