import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { mapStackTraces } from './stack-traces.ts';

/** Name of the bundle in its folder; its source map stands beside it. */
export const BUNDLE_FILE = 'main.cjs';

/**
 * The code cache of a bundle: it fits one version of Node on one kind of machine. A command that does its work has one of its own, since
 * it needs several times the code that its help needs, and a cache is read as a whole.
 */
export function codeCacheOf(bundle: string): string {
  const [, , first = '', ...more] = process.argv;
  const isWork = /^[a-z]/.test(first) && !more.includes('--help') && !more.includes('-h');
  return `${bundle}.${process.version}-${process.arch}${isWork ? '.work' : ''}.cache`;
}

/**
 * Runs a bundle in this process.
 *
 * The bundle is one script and not a set of modules, because the code cache of a script can be written after it has run: then it
 * holds the functions that a start needs. That of `module.enableCompileCache` holds only what is compiled while loading.
 *
 * @param folder - Holds {@link BUNDLE_FILE}; a code cache that is missing or does not fit costs time and nothing else
 * @see https://nodejs.org/api/vm.html#scriptcreatecacheddata
 */
export function loadBundle(folder: string): Script {
  const filename = join(folder, BUNDLE_FILE);
  const cachedData = readIfPresent(codeCacheOf(filename));
  // The bundle is ASCII, and Latin-1 is read without decoding.
  const source = readFileSync(filename, 'latin1');
  mapStackTraces(filename);
  const script = new Script(`(function (require, module, exports, __filename, __dirname) {${source}\n})`, {
    filename,
    ...(cachedData && { cachedData }),
  });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...parameters: unknown[]) => void;
  run(createRequire(filename), module, module.exports, filename, dirname(filename));
  return script;
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
