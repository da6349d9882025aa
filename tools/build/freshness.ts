import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const SOURCES = [
  'apps',
  'libs',
  'tools',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
/** Written when a build has succeeded: made by which Node, and as old as the start of that build. */
const STAMP = 'dist/.built';

/** Whether something that a build reads has changed since the last one that succeeded. Takes some 20 ms. */
export function isBuildNeeded(root: string): boolean {
  const stamp = join(root, STAMP);
  const builtAt = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs;
  if (builtAt === undefined || readFileSync(stamp, 'utf8') !== process.version) return true;
  return SOURCES.some((source) => hasChanged(join(root, source), builtAt));
}

/** For the time of a build, so that one that fails leaves none. */
export function removeStamp(root: string): void {
  rmSync(join(root, STAMP), { force: true });
}

/** @param startedAt - What was changed while the build ran is not in it */
export function writeStamp(root: string, startedAt: Date): void {
  const stamp = join(root, STAMP);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, process.version);
  utimesSync(stamp, startedAt, startedAt);
}

/** The time of a folder tells of files that were removed. */
function hasChanged(path: string, since: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || /\.(?:spec|faults)\.ts$/.test(path)) return false;
  if (stats.mtimeMs > since) return true;
  return stats.isDirectory() && readdirSync(path).some((name) => hasChanged(join(path, name), since));
}
