import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { OPS, type Outcome } from './run-ops.ts';

export interface MeasuredOutcome extends Outcome {
  /** Most memory that it had, in bytes, as far as the kernel was asked. */
  peakBytes: number;
}

/** A running command line, as built, with no variables but these, whose memory is watched. */
export class OpsProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<MeasuredOutcome>;
  #peakBytes = 0;

  constructor(args: readonly string[], environment: Record<string, string> = {}) {
    const { PATH = '' } = process.env;
    this.#child = spawn(process.execPath, [OPS, ...args], { env: { PATH, ...environment } });
    this.#ended = this.#collect();
  }

  async ended(): Promise<MeasuredOutcome> {
    return this.#ended;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async #collect(): Promise<MeasuredOutcome> {
    const output = { stdout: '', stderr: '' };
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    const sampling = setInterval(() => this.#sample(), 100);
    const [code] = (await once(this.#child, 'close')) as [number | null];
    clearInterval(sampling);
    return { code, ...output, peakBytes: this.#peakBytes };
  }

  #sample(): void {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      this.#peakBytes = Math.max(this.#peakBytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024);
    } catch {
      // It has just ended, or this is no Linux.
    }
  }
}
