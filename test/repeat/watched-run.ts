import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../support/wait-until.ts';

/** Of Node, which keeps what it has compiled. */
const CACHES = ['node-compile-cache'];
/** What Jest says of tests that keep a process from ending; the second means that it waits for ever. */
const FORCED = /worker process has failed to exit gracefully/g;
const WAITS_FOR_EVER = /Jest did not exit/;

export interface WatchOptions {
  cwd: string;
  /** Whether what it says on stderr is shown; it is unless this is `false`. */
  show?: boolean;
  /** How long what is about to end may take. */
  graceMs?: number;
}

/** What became of a command, and what it has left. */
export interface WatchedRun {
  /** `null` when it was ended because it did not end. */
  status: number | null;
  /** How often Jest says that a worker had to be ended, or waited for ever itself. */
  unended: number;
  /** Names in the folder for temporary files. */
  files: string[];
  /** Commands that still ran, and are ended now; only Linux tells. */
  processes: string[];
}

/**
 * Runs a command in a session of its own, with a folder of its own for temporary files, and looks for what it leaves. Its stdout is
 * not shown.
 *
 * @see https://man7.org/linux/man-pages/man2/setsid.2.html
 */
export async function runWatched(
  command: string,
  args: readonly string[],
  { cwd, show = true, graceMs = 5_000 }: WatchOptions,
): Promise<WatchedRun> {
  const folder = await mkdtemp(join(tmpdir(), 'repeat-'));
  const child = spawn(command, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  });
  const session = child.pid ?? 0;
  const end = (signal: NodeJS.Signals): void => endGroup(session, signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (show) process.stderr.write(text);
    said += text;
    if (WAITS_FOR_EVER.test(said)) setTimeout(end, graceMs, 'SIGKILL').unref();
  });
  let isClosed = false;
  child.once('close', () => (isClosed = true));
  // Not its `close`, which waits for whoever has inherited its stderr.
  const status = await new Promise<number | null>((done, fail) =>
    child.once('exit', done).once('error', fail),
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
  await waitUntil(async () => (await findLeft(session, folder)).length === 0, graceMs);
  const left = await findLeft(session, folder);
  for (const { pid } of left) endProcess(pid);
  await waitUntil(() => isClosed, graceMs);
  child.stderr.destroy();
  const files = (await readdir(folder)).filter((name) => !CACHES.includes(name));
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  const unended = [...said.matchAll(FORCED)].length + (WAITS_FOR_EVER.test(said) ? 1 : 0);
  return { status, unended, files, processes: left.map(({ name }) => name) };
}

interface Left {
  pid: number;
  name: string;
}

/**
 * What still runs in the session, or was given the folder as an argument or a variable: servers begin sessions of their own.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
async function findLeft(session: number, folder: string): Promise<Left[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [stat = '', command = '', variables = ''] = await Promise.all(
        ['stat', 'cmdline', 'environ'].map(async (file) =>
          readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''),
        ),
      );
      // Behind the name, which may hold anything: state, parent, group, session.
      const [state, , , sid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const isOurs = Number(sid) === session || command.includes(folder) || variables.includes(folder);
      // A process that has ended, of which nobody has taken note, holds nothing.
      if (!isOurs || state === 'Z' || state === 'X') return [];
      return [{ pid: Number(pid), name: command.replaceAll('\0', ' ').trim() }];
    }),
  );
  return found.flat();
}

function endGroup(pid: number, signal: NodeJS.Signals): void {
  endProcess(-pid, signal);
}

function endProcess(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
