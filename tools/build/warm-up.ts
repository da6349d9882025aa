import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RECORDER = join(import.meta.dirname, 'record-code-cache.ts');
const TIME_LIMIT_MS = 60_000;
/** Nothing listens there: the build proves that the application starts without a database, and needs none itself. */
const NO_DATABASE = 'mongodb://127.0.0.1:9/openai_outreach';

/** What a run of a bundle is to do before it ends. */
export interface WarmUp {
  /** Arguments of the application. */
  args?: string[];
  /** With which it is to end; 0 unless it says so. */
  exitCode?: number;
  /** For a service: paths that must be answered once it listens; then it is told to stop. */
  paths?: Record<string, number>;
}

/**
 * Runs a bundle once and keeps the code that it compiled beside it.
 *
 * @throws {Error} With its output, when the run does not end as it should
 */
export async function recordCodeCache(
  folder: string,
  { args = [], exitCode = 0, paths }: WarmUp,
): Promise<void> {
  // Away from the `.env` of the checkout.
  const cwd = await mkdtemp(join(tmpdir(), 'warm-up-'));
  const child = spawn(process.execPath, [RECORDER, folder, ...args], {
    cwd,
    env: environment(),
    stdio: 'pipe',
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MS);
  try {
    const run = new Run(child);
    if (paths) await run.use(paths);
    await run.end(exitCode);
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    await rm(cwd, { recursive: true, force: true });
  }
}

/** Nothing of the developer's own configuration may decide whether a build succeeds. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  return {
    ...(PATH !== undefined && { PATH }),
    ...(SystemRoot !== undefined && { SystemRoot }),
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    MONGODB_ALLOW_NO_AUTH: 'true',
    MONGODB_URI: NO_DATABASE,
    MONGODB_SERVER_SELECTION_TIMEOUT_MS: '100',
    SHUTDOWN_DRAIN_MS: '0',
  };
}

class Run {
  #output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('close', resolve).once('error', () => resolve(null));
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
  }

  /** Asks for each path and then ends the service. */
  async use(paths: Record<string, number>): Promise<void> {
    const url = await this.#listening();
    for (const [path, status] of Object.entries(paths)) {
      const response = await fetch(url + path);
      await response.text();
      if (response.status !== status)
        throw this.#failed(`${path} answered ${response.status} instead of ${status}`);
    }
    this.#child.kill('SIGTERM');
  }

  async end(exitCode: number): Promise<void> {
    const code = await this.#ended;
    if (code !== exitCode)
      throw this.#failed(`it ended with ${code ?? this.#child.signalCode ?? 'an error'}`);
  }

  async #listening(): Promise<string> {
    let url: string | undefined;
    let hasEnded = false;
    void this.#ended.then(() => (hasEnded = true));
    while (url === undefined) {
      if (hasEnded) throw this.#failed('it ended before it listened');
      await new Promise((resolve) => setTimeout(resolve, 10));
      url = /Listening on (http:\/\/[^\s"]+)/.exec(this.#output)?.[1];
    }
    return url;
  }

  #failed(reason: string): Error {
    return new Error(`The built application does not run: ${reason}\n${this.#output}`);
  }
}
