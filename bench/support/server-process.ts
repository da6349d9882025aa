import { spawn, type ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import { resolve } from 'node:path';
import { freePort } from '../../test/support/free-port.ts';
import { readProductionStart } from '../../test/support/production-start.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 2;

export interface ServerOptions {
  /** Start file, from the root of the repository. */
  file: string;
  mongodbUri: string;
  /** Must answer 200 before the server counts as started. */
  path: string;
}

/** A server under measurement, in a process of its own. */
export class ServerProcess {
  readonly url: string;
  /** From the spawn to the first 200, in milliseconds. */
  readonly startMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, startMs: number) {
    this.#child = child;
    this.url = url;
    this.startMs = startMs;
  }

  /** @throws {Error} When it ends, or does not answer 200 in time */
  static async start({ file, mongodbUri, path }: ServerOptions): Promise<ServerProcess> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const { flags, variables } = isService(file) ? await readProductionStart() : { flags: [], variables: {} };
    const startedAt = performance.now();
    const child = spawn(process.execPath, [...flags, resolve(ROOT, file)], {
      env: { ...environment(port, mongodbUri), ...variables },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      while ((await statusOf(url + path)) !== 200) {
        if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}`);
        if (performance.now() - startedAt > START_TIMEOUT_MS) throw new Error(`${file} does not answer 200`);
        await new Promise((done) => setTimeout(done, POLL_MS));
      }
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return new ServerProcess(child, url, performance.now() - startedAt);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
  }
}

function isService(file: string): boolean {
  return file === 'dist/apps/api/main.js';
}

function environment(port: number, mongodbUri: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    MONGODB_URI: mongodbUri,
    MONGODB_ALLOW_NO_AUTH: 'true',
    SHUTDOWN_DRAIN_MS: '0',
  };
}

/** 0 while nothing listens. */
async function statusOf(url: string): Promise<number> {
  return new Promise((done) => {
    get(url, { agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    })
      .on('timeout', function (this: { destroy: () => void }) {
        this.destroy();
      })
      .on('error', () => done(0));
  });
}
