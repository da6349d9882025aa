import { spawn, type ChildProcessByStdio, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { atEnd } from '../../../test/support/at-end.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** The built command line. */
export const OPS = join(ROOT, 'dist/apps/ops/main.js');

export type Child = ChildProcessByStdio<null, Readable, Readable>;

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A working folder without a `.env` and without data. */
const FOLDER = mkdtempSync(join(tmpdir(), 'ops-test-'));
atEnd(() => rmSync(FOLDER, { recursive: true, force: true }));

export interface RunOptions {
  /** Working folder; an empty one when absent. */
  cwd?: string;
  /** Called once it has printed something on either stream. */
  whenItPrints?: (child: Child) => unknown;
}

/** Runs the built command line with only these variables, and waits for its end. */
export async function runOps(
  args: readonly string[],
  environment: Record<string, string> = {},
  { cwd = FOLDER, whenItPrints }: RunOptions = {},
): Promise<Outcome> {
  const child = start(process.execPath, [OPS, ...args], environment, { cwd });
  return outcomeOf(child, whenItPrints);
}

/** Runs `npm run ops --` in the repository. The child is npm, and leads a group of processes as at a terminal. */
export async function runOpsByNpm(
  args: readonly string[],
  environment: Record<string, string> = {},
  { whenItPrints }: Pick<RunOptions, 'whenItPrints'> = {},
): Promise<Outcome> {
  const words = ['run', '--silent', 'ops', '--', ...args];
  return outcomeOf(start('npm', words, environment, { cwd: ROOT, detached: true }), whenItPrints);
}

function start(
  command: string,
  args: readonly string[],
  environment: Record<string, string>,
  options: Pick<SpawnOptions, 'cwd' | 'detached'>,
): Child {
  const { PATH = '' } = process.env;
  return spawn(command, args, {
    ...options,
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function outcomeOf(child: Child, whenItPrints?: RunOptions['whenItPrints']): Promise<Outcome> {
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      if (printed.stdout + printed.stderr === '') whenItPrints?.(child);
      printed[name] += text;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...printed };
}
