import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { ALONE } from '../support/figures.ts';
import { EXPECTED_ROWS, readRows, ROWS, SOAK_ROW, type RowChoice } from '../support/rows.ts';

// npm run test:faults [-- A07 A09 …] [options of Jest]: all rows but that of the soak, or some of them. 2: there is no such row.

const ROOT = resolve(import.meta.dirname, '../..');

try {
  process.exitCode = await runRows(readRows(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function runRows({ rows, isSoak, isNarrowed, others }: RowChoice): Promise<number> {
  const isSoakAlone = isSoak && rows.length === 0;
  const code = isSoakAlone ? 0 : await runTests({ rows, isNarrowed, others });
  if (!isSoak) return code;
  process.stdout.write(`${SOAK_ROW} takes ten minutes; npm run test:soak is the same\n`);
  return (await run(['test/soak/main.ts', ...(isSoakAlone ? others : [])])) || code;
}

async function runTests({ rows, isNarrowed, others }: Omit<RowChoice, 'isSoak'>): Promise<number> {
  const isNamed = others.some((argument) => /^(-t|--testNamePattern)\b/.test(argument));
  const pattern = rows.length > 0 ? `\\b(${rows.join('|')})\\b` : '\\bA\\d\\d\\b';
  const expected = rows.length > 0 ? rows : ROWS;
  return run(
    [
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--config=jest.faults.config.js',
      ...(isNamed ? [] : ['-t', pattern]),
      ...others,
    ],
    { [ALONE]: 'true', ...(!isNarrowed && { [EXPECTED_ROWS]: expected.join(',') }) },
  );
}

/** Ends it by the signals that end this process. */
async function run(args: string[], variables: Record<string, string> = {}): Promise<number> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...variables },
  });
  const end = (signal: NodeJS.Signals): boolean => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  const code = await new Promise<number>((done) => child.once('close', (status) => done(status ?? 1)));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
  return code;
}
