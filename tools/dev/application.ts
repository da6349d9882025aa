import { spawn, type ChildProcess } from 'node:child_process';

const STOP_TIMEOUT_MS = 15_000;

/** The API in a process that is replaced at each build. */
export class Application {
  readonly #file: string;
  readonly #say: (line: string) => void;
  #child: ChildProcess | undefined;
  #isStopped = false;

  constructor(file: string, say: (line: string) => void) {
    this.#file = file;
    this.#say = say;
  }

  /** Ends the process that runs and starts another. */
  async restart(): Promise<void> {
    await this.#end();
    if (this.#isStopped) return;
    // A process group of its own: Ctrl-C would reach it beside our SIGTERM, and a second signal ends it at once.
    const child = spawn(process.execPath, ['--enable-source-maps', this.#file], {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    this.#child = child;
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#say(`The API has ended (${signal ?? `exit code ${code}`}); waiting for a change`);
    });
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}
