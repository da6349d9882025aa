import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { atEnd } from './at-end.ts';
import { untilStatus } from './until-status.ts';
import { PATIENCE_MS } from './wait-until.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** The built service: bundled, as it is shipped, and as plain compiled files. */
export const ENTRY = { bundle: 'dist/apps/api/main.js', unbundled: 'dist/apps/api/src/main.js' };

/** Ended with the tests, also when one has failed before it could. */
const running = new Set<ChildProcess>();
atEnd(() => {
  for (const child of running) child.kill('SIGKILL');
});

export interface ApiProcessOptions {
  entry?: string;
  /** Working folder; the root of the repository when absent. */
  cwd?: string;
  /** Options of Node. */
  flags?: readonly string[];
}

/** The built service as a process of its own: for signals, exit codes, and what it prints. */
export class ApiProcess {
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.exited = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
    child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    running.add(child);
    child.once('exit', () => running.delete(child));
  }

  /**
   * Starts the process and returns at once. It has only the variables given, a free port, and JSON logs.
   *
   * @param environment - In production with no authentication unless `NODE_ENV` says otherwise
   */
  static spawn(
    environment: Record<string, string>,
    { entry = ENTRY.bundle, cwd = ROOT, flags = [] }: ApiProcessOptions = {},
  ): ApiProcess {
    const { PATH = '', HOME = '' } = process.env;
    const defaults = {
      PATH,
      HOME,
      HOST: '127.0.0.1',
      PORT: '0',
      NODE_ENV: 'production',
      MONGODB_ALLOW_NO_AUTH: 'true',
      SHUTDOWN_DRAIN_MS: '0',
    };
    const child = spawn(process.execPath, [...flags, resolve(ROOT, entry)], {
      cwd,
      env: { ...defaults, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ApiProcess(child);
  }

  /** Starts the process and waits until it listens. */
  static async start(environment: Record<string, string>, options?: ApiProcessOptions): Promise<ApiProcess> {
    const api = ApiProcess.spawn(environment, options);
    await api.untilOutput(/Listening on http/).catch((error: unknown) => {
      api.signal('SIGKILL');
      throw error;
    });
    return api;
  }

  /** Everything printed so far, both streams. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('The process did not start');
    return pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get url(): string {
    const url = /Listening on (http:\/\/[^\s"]+)/.exec(this.#output)?.[1];
    if (url === undefined) throw new Error(`It does not listen:\n${this.#output}`);
    return url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async request(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  async until(path: string, status: number, timeoutMs = PATIENCE_MS): Promise<Response> {
    return untilStatus(`${this.url}${path}`, status, timeoutMs);
  }

  /** @throws {Error} With the output when the process ends, or the time is over, before it prints this */
  async untilOutput(pattern: RegExp, timeoutMs = PATIENCE_MS): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!pattern.test(this.#output)) {
      if (!this.isRunning || performance.now() > deadline) {
        throw new Error(`The service did not print ${String(pattern)}:\n${this.#output}`);
      }
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it by SIGTERM, or by force when that does not end it. */
  async stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (this.isRunning) this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), PATIENCE_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}
