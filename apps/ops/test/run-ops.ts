import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

/** The built command line. */
export const OPS = resolve(import.meta.dirname, '../../../dist/apps/ops/main.js');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A working folder without a `.env` and without data. */
const FOLDER = mkdtempSync(join(tmpdir(), 'ops-test-'));
process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true }));

export interface RunOptions {
  /** Working folder; an empty one when absent. */
  cwd?: string;
  /** Given to the process once it has printed something on either stream. */
  signal?: NodeJS.Signals;
}

/** Runs the built command line with only these variables, and waits for its end. */
export async function runOps(
  args: readonly string[],
  environment: Record<string, string> = {},
  { cwd = FOLDER, signal }: RunOptions = {},
): Promise<Outcome> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [OPS, ...args], {
    cwd,
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<number | null>((done) => child.once('close', done));
  if (signal !== undefined) {
    for (const stream of [child.stdout, child.stderr]) stream.once('data', () => child.kill(signal));
  }
  const [code, stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
