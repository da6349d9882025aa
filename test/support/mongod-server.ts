import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import {
  becomePrimary,
  isListening,
  withAdmin,
  type Credentials,
} from '../../apps/api/src/embedded/mongod-admin.ts';
import { findMongod } from '../../apps/api/src/embedded/mongod-binary.ts';
import { MongodProcess } from '../../apps/api/src/embedded/mongod-process.ts';
import { freePort } from './free-port.ts';
import { PATIENCE_MS, waitUntil } from './wait-until.ts';

export interface MongodServerOptions {
  /** Turns authentication on and makes this user root. */
  auth?: Credentials;
  /** Initiated as the only member of a replica set, so that transactions and change streams work. */
  replSet?: boolean;
  /** A free one when absent. */
  port?: number;
  /** More arguments for `mongod`. */
  args?: string[];
}

/** Fault that `configureFailPoint` injects into `failCommand`. */
export interface FailPoint {
  failCommands: string[];
  /** `{ times: 3 }`, `{ skip: 2 }`, or `'alwaysOn'`, which is the default. */
  mode?: 'alwaysOn' | { times: number } | { skip: number };
  errorCode?: number;
  errorLabels?: string[];
  closeConnection?: boolean;
  blockConnection?: boolean;
  blockTimeMS?: number;
  writeConcernError?: { code: number; errmsg: string };
  /** Hits only clients of this name. */
  appName?: string;
}

const SET_NAME = 'test';

/** A real `mongod` of one test's own: to be killed, paused and made to fail. It ends with the test process, however that ends. */
export class MongodServer {
  readonly port: number;
  readonly #folder: string;
  readonly #options: MongodServerOptions;
  #process: MongodProcess | undefined;
  #hasRoot = false;

  private constructor(port: number, folder: string, options: MongodServerOptions) {
    this.port = port;
    this.#folder = folder;
    this.#options = options;
  }

  /** Starts a server on an empty data folder and waits until it takes writes. */
  static async start(options: MongodServerOptions = {}): Promise<MongodServer> {
    const folder = await mkdtemp(join(tmpdir(), 'mongod-test-'));
    const server = new MongodServer(options.port ?? (await freePort()), folder, options);
    try {
      await writeFile(server.#keyFile, 'OneKeyForASetOfOne', { mode: 0o400 });
      await server.#launch();
      if (options.auth) await server.#createRoot(options.auth);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get pid(): number {
    if (!this.#process?.isRunning) throw new Error('This mongod is not running');
    return this.#process.pid;
  }

  get isRunning(): boolean {
    return this.#process?.isRunning ?? false;
  }

  /** What it has printed since its last start. */
  async readLog(): Promise<string> {
    return (await this.#process?.readLog()) ?? '';
  }

  /** Connection string, with the credentials and the set name if it has them. */
  uri(database = ''): string {
    const { auth, replSet } = this.#options;
    const user = auth ? `${encodeURIComponent(auth.username)}:${encodeURIComponent(auth.password)}@` : '';
    const query = new URLSearchParams({
      ...(auth && { authSource: 'admin' }),
      ...(replSet && { replicaSet: SET_NAME }),
    });
    return `mongodb://${user}127.0.0.1:${this.port}/${database}${query.size > 0 ? `?${query.toString()}` : ''}`;
  }

  /** Runs a command on `admin`. */
  async command(command: mongo.Document): Promise<mongo.Document> {
    return withAdmin(this.port, (admin) => admin.command(command), {
      timeoutMs: PATIENCE_MS,
      auth: this.#options.auth,
    });
  }

  /** Every matching command fails like this until {@link clearFailPoint}. */
  async failPoint({ mode = 'alwaysOn', ...data }: FailPoint): Promise<void> {
    await this.command({ configureFailPoint: 'failCommand', mode, data });
  }

  async clearFailPoint(): Promise<void> {
    await this.command({ configureFailPoint: 'failCommand', mode: 'off' });
  }

  /** Crash: SIGKILL. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Clean shutdown: SIGTERM. */
  async terminate(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Hang: the connections stay open and nothing answers. Resolves once the system has stopped it, which a busy machine delays. */
  async pause(): Promise<void> {
    const { pid } = this;
    this.#process?.signal('SIGSTOP');
    if (!(await waitUntil(() => isStopped(pid)))) throw new Error('mongod was not stopped');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  /** Starts it again on the same port and data, after ending it if need be. */
  async restart(): Promise<void> {
    if (this.isRunning) await this.terminate();
    await this.#launch();
  }

  /** Ends it, paused or not, and removes its data. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  get #keyFile(): string {
    return join(this.#folder, 'key');
  }

  async #launch(): Promise<void> {
    const { path } = await findMongod();
    const mongod = await MongodProcess.start({
      binary: path,
      args: this.#args(),
      logPath: join(this.#folder, 'mongod.log'),
      signalWhenAbandoned: 'SIGKILL',
    });
    this.#process = mongod;
    const isUp = await waitUntil(async () => !mongod.isRunning || (await isListening(this.port)));
    if (!isUp || !mongod.isRunning) throw new Error(`mongod did not start:\n${await this.readLog()}`);
    // Before the first user exists, commands from this machine need no credentials, and the set may be initiated.
    if (this.#options.replSet) await this.#lead();
  }

  async #lead(): Promise<void> {
    const lead = (auth?: Credentials): Promise<boolean> =>
      withAdmin(
        this.port,
        (admin) => becomePrimary(admin, { setName: SET_NAME, port: this.port, timeoutMs: PATIENCE_MS }),
        { timeoutMs: PATIENCE_MS, auth },
      );
    const { auth } = this.#options;
    const isPrimary = auth && this.#hasRoot ? await lead(auth) : await lead();
    if (!isPrimary) throw new Error('mongod did not become primary');
  }

  async #createRoot({ username, password }: Credentials): Promise<void> {
    await withAdmin(
      this.port,
      (admin) => admin.command({ createUser: username, pwd: password, roles: ['root'] }),
      { timeoutMs: PATIENCE_MS },
    );
    this.#hasRoot = true;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.#process?.isRunning) return;
    await (signal === 'SIGTERM' ? this.#process.stop() : this.#process.kill());
  }

  #args(): string[] {
    const { auth, replSet, args = [] } = this.#options;
    return [
      `--dbpath=${this.#folder}`,
      `--port=${this.port}`,
      '--bind_ip=127.0.0.1',
      '--nounixsocket',
      '--wiredTigerCacheSizeGB=0.25',
      '--setParameter=enableTestCommands=1',
      '--setParameter=shutdownTimeoutMillisForSignaledShutdown=100',
      '--setParameter=diagnosticDataCollectionEnabled=false',
      ...(replSet ? [`--replSet=${SET_NAME}`, '--oplogSize=64'] : []),
      ...(auth ? ['--auth'] : []),
      ...(auth && replSet ? [`--keyFile=${this.#keyFile}`] : []),
      ...args,
    ];
  }
}

/** Whether the system has stopped a process; where it does not tell, it is taken for stopped. See proc(5), `/proc/pid/stat`. */
async function isStopped(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const status = await readFile(`/proc/${pid}/stat`, 'utf8');
  return status.slice(status.lastIndexOf(')')).startsWith(') T');
}
