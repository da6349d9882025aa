import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runWatched } from './watched-run.ts';

// npm run test:repeat [-- N [options of Jest]]: `npm test` ten times, or N, with nothing left behind. 1: a run has failed or left something;
// 130: it was interrupted, and begins no further run.

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
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());

await mkdir(REPORTS, { recursive: true });
let good = 0;
let begun = 0;
while (begun < runs && !interrupt.signal.aborted) if (await runOnce((begun += 1))) good += 1;
process.stdout.write(
  interrupt.signal.aborted
    ? `Interrupted in run ${begun}; ${good} good before\n`
    : `${good} of ${runs} runs were good\n`,
);
if (interrupt.signal.aborted) process.exitCode = 130;
else if (good < runs) process.exitCode = 1;

async function runOnce(run: number): Promise<boolean> {
  const startedAt = performance.now();
  const report = join(REPORTS, `${run}.json`);
  await rm(report, { force: true });
  const jest = ['--json', `--outputFile=${report}`, `--cacheDirectory=${join(REPORTS, 'cache')}`, ...options];
  const { status, unended, files, processes } = await runWatched('npm', ['test', '--', ...jest], {
    cwd: ROOT,
  });
  if (interrupt.signal.aborted) return false;
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = await readResults(report);
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  process.stdout.write(
    `run ${run} of ${runs}: ${numPassedTests} passed, ${failed} failed, workers ended by force: ${unended > 0 ? 'yes' : 'no'}, ` +
      `${files.length} files and ${processes.length} processes left, ${seconds} s\n`,
  );
  for (const left of [...files, ...processes]) process.stdout.write(`left: ${left}\n`);
  return status === 0 && failed + unended + files.length + processes.length === 0;
}

/** What Jest has counted; one suite that could not run when it has written nothing. */
async function readResults(report: string): Promise<Results> {
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined) return { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
  return JSON.parse(text) as Results;
}
