import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const OUTCOME = /Found (\d+) errors?\. Watching/;

/** `tsc --watch`. What it prints is shown; a program with errors is not written, so that the last good one stays. */
export class Compiler {
  readonly #root: string;
  readonly #say: (line: string) => void;
  #child: ChildProcess | undefined;

  constructor(root: string, say: (line: string) => void) {
    this.#root = root;
    this.#say = say;
  }

  /**
   * Compiles now and at each change, until it is stopped.
   *
   * @param onCompiled - After each run without an error
   * @param beforeFirst - Before the first of them
   * @throws {Error} When the compiler ends by itself, or one of the two fails
   */
  async start(onCompiled: () => Promise<void>, beforeFirst: () => Promise<void>): Promise<void> {
    const tsc = join(this.#root, 'node_modules/typescript/bin/tsc');
    const options = ['--watch', '--noEmitOnError', '--preserveWatchOutput', '--pretty'];
    const child = spawn(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...options], {
      cwd: this.#root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    let isFirst = true;
    for await (const line of createInterface({ input: child.stdout })) {
      const errors = OUTCOME.exec(line)?.[1];
      if (errors === undefined) {
        if (line.trim() !== '') process.stderr.write(`${line}\n`);
      } else if (errors === '0') {
        if (isFirst) await beforeFirst();
        isFirst = false;
        await onCompiled();
      } else {
        this.#say('The last good build stays; waiting for a change');
      }
    }
    if (!child.killed) throw new Error('The compiler has ended');
  }

  stop(): void {
    this.#child?.kill();
  }
}
