import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface TimedRun {
  ms: number;
  /** Most resident memory, in MB of 10^6 bytes; zero where the system does not tell it. */
  peakMb: number;
  /** Standard error, and behind it standard output. */
  output: string;
}

const POLL_MS = 20;

/**
 * Runs a program to its end, with `MONGODB_URI` in its environment, and watches its memory.
 *
 * @throws Error with what it wrote, when it fails
 */
export async function timed(file: string, args: readonly string[], uri: string): Promise<TimedRun> {
  const startedAt = performance.now();
  const env = { PATH: process.env.PATH, MONGODB_URI: uri };
  const child = spawn(file, [...args], { env, cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
  let peakMb = 0;
  const watch = setInterval(() => (peakMb = Math.max(peakMb, highWaterMb(child.pid))), POLL_MS);
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  clearInterval(watch);
  if (code !== 0) throw new Error(`${file} ended with ${code}: ${stderr}`);
  return { ms: performance.now() - startedAt, peakMb, output: `${stderr}${stdout}` };
}

/** Where a program is, if it is on the PATH. */
export function findOnPath(name: string): string | undefined {
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Prints whether memory stayed below a goal. */
export function judgeMemory(largestMb: number, goalMb: number): void {
  const verdict = largestMb <= goalMb ? 'met' : 'NOT met';
  process.stdout.write(`${verdict}: most memory ${largestMb.toFixed(0)} MB, goal <= ${goalMb} MB\n`);
}

function highWaterMb(pid: number | undefined): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return (Number(kilobytes ?? 0) * 1_024) / 1e6;
  } catch {
    return 0;
  }
}
