import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfiguration, type Configuration } from '#config';
import { DatabaseConnection, NotPermittedError, toDatabaseError } from '#database';
import { mongo } from 'mongoose';
import { readDeclaredModels, type DeclaredModels } from '../indexes/declared-models.ts';
import type { CheckCode } from './check-code.ts';

export interface DoctorOptions {
  /** Folder of the backups; `undefined` when nobody has said which. */
  backupDir: string | undefined;
  /** Data folder of the server on this machine, when it is not where it usually is. */
  dataDir: string | undefined;
}

export interface HostAddress {
  host: string;
  port: number;
}

/** One attempt to reach the server; also how long a hung one is waited for. */
export const REACH_TIMEOUT_MS = 3_000;
/** Where the compose files and the embedded server keep their data. */
const USUAL_FOLDERS = ['data/mongodb', 'data/embedded'];
/** Names under which a server on this machine is reached. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1', 'mongodb'];

/** What the checks look at; each thing is asked for once, by the first check that needs it. */
export class DoctorContext {
  readonly options: DoctorOptions;
  readonly signal: AbortSignal;
  /** Checks that ended in `ok` or `warning`. */
  readonly passed = new Set<CheckCode>();
  readonly #answers = new Map<string, Promise<unknown>>();

  constructor(options: DoctorOptions, signal: AbortSignal) {
    this.options = options;
    this.signal = signal;
  }

  /** @throws {@link ConfigurationError} */
  get configuration(): Configuration {
    return loadConfiguration();
  }

  /** What the driver makes of the connection string. */
  get clientOptions(): mongo.MongoOptions {
    return new mongo.MongoClient(this.configuration.database.uri).options;
  }

  /** Of the connection string; of `mongodb+srv` none, since its hosts are in the DNS. */
  get hosts(): HostAddress[] {
    return this.clientOptions.hosts.map(({ host = '', port = 27_017 }) => ({ host, port }));
  }

  /** Whether every host of the connection string is a name for this machine, or the container beside it. */
  get isLocal(): boolean {
    const { hosts } = this;
    return hosts.length > 0 && hosts.every(({ host }) => LOCAL_HOSTS.includes(host));
  }

  /** The one attempt to connect. */
  async connect(): Promise<DatabaseConnection> {
    return this.#once('connection', async () => {
      const { database } = this.configuration;
      const connection = new DatabaseConnection({
        ...database,
        serverSelectionTimeoutMs: Math.min(database.serverSelectionTimeoutMs, REACH_TIMEOUT_MS),
      });
      try {
        await connection.connect();
        return connection;
      } catch (error) {
        await connection.close();
        throw error;
      }
    });
  }

  /** What the server tells everybody about itself. */
  async hello(): Promise<mongo.Document> {
    return this.#once('hello', async () => this.admin({ hello: 1 }));
  }

  /** @throws {@link NotPermittedError} Without the role `clusterMonitor` */
  async serverStatus(): Promise<mongo.Document> {
    return this.#once('serverStatus', async () => this.admin({ serverStatus: 1 }));
  }

  /** Of a replica set. @throws {@link NotPermittedError} Without the role `clusterMonitor` */
  async replicaSetStatus(): Promise<mongo.Document> {
    return this.#once('replSetGetStatus', async () => this.admin({ replSetGetStatus: 1 }));
  }

  /** @throws {@link CommandError} `MODELS_UNKNOWN` */
  async declaredModels(): Promise<DeclaredModels> {
    return this.#once('models', async () => readDeclaredModels(this.signal));
  }

  /** Runs a command on `admin`; a {@link DatabaseError} says what is wrong with it. */
  async admin(command: mongo.Document): Promise<mongo.Document> {
    const { client } = await this.connect();
    try {
      return await client.db('admin').command(command);
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  /** The process of the server where it runs on this machine and outside of a container; `null` elsewhere. */
  async localPid(): Promise<number | null> {
    if (!this.isLocal) return null;
    const { pid } = await this.serverStatus();
    const file = `/proc/${Number(pid)}/comm`;
    return existsSync(file) && readFileSync(file, 'utf8').startsWith('mongod') ? Number(pid) : null;
  }

  /** Data folders on this machine that may be those of the server. */
  async dataFolders(): Promise<string[]> {
    const { dataDir } = this.options;
    if (dataDir !== undefined) return [dataDir];
    const own = this.passed.has('AUTHORISATION') ? await this.#dbPath() : null;
    if (own !== null) return [own];
    return this.isLocal ? USUAL_FOLDERS.filter((folder) => existsSync(join(process.cwd(), folder))) : [];
  }

  async close(): Promise<void> {
    const connection = (await this.#answers.get('connection')?.catch(() => undefined)) as
      DatabaseConnection | undefined;
    await connection?.close();
  }

  async #dbPath(): Promise<string | null> {
    try {
      if ((await this.localPid()) === null) return null;
      const { parsed } = await this.admin({ getCmdLineOpts: 1 });
      const path: unknown = parsed?.storage?.dbPath;
      return typeof path === 'string' && existsSync(path) ? path : null;
    } catch (error) {
      if (error instanceof NotPermittedError) return null;
      throw error;
    }
  }

  async #once<T>(name: string, ask: () => Promise<T>): Promise<T> {
    const asked = this.#answers.get(name) ?? ask();
    this.#answers.set(name, asked);
    return asked as Promise<T>;
  }
}
