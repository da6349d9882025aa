import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// npm run test:repeat [-- N [options of Jest]]: `npm test` ten times, or N, with nothing left behind. 1: a run has failed or left something.

interface Results {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
  openHandles: unknown[];
}

const ROOT = resolve(import.meta.dirname, '../..');
/** Of Node, which keeps what it has compiled. */
const CACHES = ['node-compile-cache'];
const REPORTS = join(ROOT, 'reports/repeat');

const [count = '10', ...options] = process.argv.slice(2);
const runs = Number(count);
if (!Number.isSafeInteger(runs) || runs < 1) throw new RangeError('How many runs must be a number from 1');

await mkdir(REPORTS, { recursive: true });
for (let run = 1; run <= runs; run += 1) if (!(await runOnce(run))) process.exitCode = 1;

async function runOnce(run: number): Promise<boolean> {
  const startedAt = performance.now();
  // All that tests put aside comes into one folder, and is to be gone from there.
  const folder = await mkdtemp(join(tmpdir(), 'repeat-'));
  const report = join(REPORTS, `${run}.json`);
  await rm(report, { force: true });
  const { status } = spawnSync(
    'npm',
    [
      'test',
      '--',
      '--json',
      `--outputFile=${report}`,
      `--cacheDirectory=${join(REPORTS, 'cache')}`,
      ...options,
    ],
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, TMPDIR: folder } },
  );
  const files = (await readdir(folder)).filter((name) => !CACHES.includes(name));
  const processes = await processesIn(folder);
  await rm(folder, { recursive: true, force: true });
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, openHandles } = JSON.parse(
    await readFile(report, 'utf8'),
  ) as Results;
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  const isGreen = status === 0 && failed + openHandles.length + files.length + processes.length === 0;
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  process.stdout.write(
    `run ${run} of ${runs}: ${numPassedTests} passed, ${failed} failed, ${openHandles.length} open handles, ` +
      `${files.length} files and ${processes.length} processes left, ${seconds} s\n`,
  );
  for (const left of [...files, ...processes]) process.stdout.write(`left: ${left}\n`);
  return isGreen;
}

/** What still runs with an argument in this folder, as every `mongod` of the tests does; only Linux tells. */
async function processesIn(folder: string): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    numbers.map(async (number) => readFile(`/proc/${number}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands
    .filter((command) => command.includes(folder))
    .map((command) => command.replaceAll('\0', ' '));
}
