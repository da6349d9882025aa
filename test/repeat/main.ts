import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runWatched } from './watched-run.ts';

// npm run test:repeat [-- N [options of Jest]]: `npm test` ten times, or N, with nothing left behind. 1: a run has failed or left something.

interface Results {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
}

const ROOT = resolve(import.meta.dirname, '../..');
const REPORTS = join(ROOT, 'reports/repeat');

const [count = '10', ...options] = process.argv.slice(2);
const runs = Number(count);
if (!Number.isSafeInteger(runs) || runs < 1) throw new RangeError('How many runs must be a number from 1');

await mkdir(REPORTS, { recursive: true });
for (let run = 1; run <= runs; run += 1) if (!(await runOnce(run))) process.exitCode = 1;

async function runOnce(run: number): Promise<boolean> {
  const startedAt = performance.now();
  const report = join(REPORTS, `${run}.json`);
  await rm(report, { force: true });
  const jest = ['--json', `--outputFile=${report}`, `--cacheDirectory=${join(REPORTS, 'cache')}`, ...options];
  const { status, unended, files, processes } = await runWatched('npm', ['test', '--', ...jest], {
    cwd: ROOT,
  });
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    await readFile(report, 'utf8'),
  ) as Results;
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  process.stdout.write(
    `run ${run} of ${runs}: ${numPassedTests} passed, ${failed} failed, workers ended by force: ${unended > 0 ? 'yes' : 'no'}, ` +
      `${files.length} files and ${processes.length} processes left, ${seconds} s\n`,
  );
  for (const left of [...files, ...processes]) process.stdout.write(`left: ${left}\n`);
  return status === 0 && failed + unended + files.length + processes.length === 0;
}
