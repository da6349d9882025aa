import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';

export interface MongodProcessOptions {
  /** Path of the `mongod` to run. */
  binary: string;
  args: string[];
  /** Shown in the process list instead of the path; the path when absent. */
  name?: string;
  /** File that what it prints is added to; begun anew when it has grown large. */
  logPath: string;
  /** Sent to `mongod` when this process ends without having stopped it, even by `kill -9`. */
  signalWhenAbandoned: 'SIGTERM' | 'SIGKILL';
}

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/** Waits for the end of its standard input, which is the end of the process that holds the other side, then signals. */
const WATCHDOG = 'read -r _; kill -s "$1" "$0"; kill -s CONT "$0"';

/**
 * One running `mongod`. It has a process group of its own, so that Ctrl-C in a terminal reaches this application only,
 * which still needs its database while it finishes requests; a watchdog ends it when this application disappears.
 */
export class MongodProcess {
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #log: { path: string; start: number };

  private constructor(
    child: ChildProcess,
    watchdog: ChildProcess | undefined,
    log: { path: string; start: number },
  ) {
    this.#child = child;
    this.#log = log;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        // Before its process id can belong to somebody else.
        watchdog?.kill('SIGKILL');
        resolve({ code, signal });
      });
    });
  }

  /**
   * @throws {Error} When the log file cannot be written or the binary cannot be executed
   */
  static async start(options: MongodProcessOptions): Promise<MongodProcess> {
    const { binary, name = binary, args, logPath, signalWhenAbandoned } = options;
    // Appended to, since two that start at the same moment on one folder share it.
    const log = openSync(logPath, 'a', 0o600);
    try {
      if (fstatSync(log).size > LOG_LIMIT_BYTES) ftruncateSync(log);
      const start = fstatSync(log).size;
      const child = spawn(binary, args, { argv0: name, detached: true, stdio: ['ignore', log, log] });
      await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
      child.unref();
      return new MongodProcess(child, startWatchdog(child, signalWhenAbandoned), { path: logPath, start });
    } finally {
      closeSync(log);
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it has printed so far. */
  async readLog(): Promise<string> {
    const file = await open(this.#log.path);
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.max(0, size - this.#log.start));
      await file.read(buffer, 0, buffer.length, this.#log.start);
      return buffer.toString();
    } finally {
      await file.close();
    }
  }

  /** Sends a signal; a process that has ended already is no error. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once, paused or not, and waits. */
  async kill(): Promise<Exit> {
    // Without the reference Node could end while it waits.
    this.#child.ref();
    this.signal('SIGKILL');
    return this.exited;
  }

  /**
   * Asks it to end and waits; one that has not ended in time is killed.
   *
   * @param timeoutMs - How long a clean shutdown may take
   */
  async stop(timeoutMs = 20_000): Promise<Exit> {
    this.#child.ref();
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), timeoutMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}

function startWatchdog(child: ChildProcess, signal: NodeJS.Signals): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, String(child.pid), signal.replace('SIG', '')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A machine without a shell goes without: the next start adopts a server that was left behind.
  watchdog.on('error', () => {});
  watchdog.unref();
  if (watchdog.stdin instanceof Socket) watchdog.stdin.unref();
  return watchdog;
}
