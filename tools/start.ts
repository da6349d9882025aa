import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isBuildNeeded } from './build/freshness.ts';

// node tools/start.ts api|ops [ARGUMENT…]: builds when needed, then is the application: one process takes the signals and gives the exit code.

const ROOT = resolve(import.meta.dirname, '..');
const [node = '', , name = '', ...rest] = process.argv;

if (isBuildNeeded(ROOT)) {
  // What the application prints on standard output belongs to the application.
  const { status } = spawnSync(node, [join(ROOT, 'tools/build.ts')], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
const main = join(ROOT, `dist/apps/${name}/main.js`);
process.argv = [node, main, ...rest];
await import(pathToFileURL(main).href);
