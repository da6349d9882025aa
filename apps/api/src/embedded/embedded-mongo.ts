import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedMongoError } from './embedded-mongo.error.ts';
import type { EmbeddedServer } from './embedded-server.ts';
import { attach } from './found-server.ts';
import { findMongod, type Mongod } from './mongod-binary.ts';
import { describeFailure } from './mongod-failure.ts';
import { launch, OwnServer } from './own-server.ts';
import { RestartPace } from './restart-pace.ts';
import { probe } from './server-probe.ts';

export interface EmbeddedMongoOptions {
  /** Folder of the data files, kept between runs; made when missing. */
  dataDir: string;
  /** On 127.0.0.1; 27017 when absent. */
  port?: number;
  /** Told, in one line each, what is started, found, lost and stopped. */
  log: (line: string) => void;
  /** Finds the binary when one has to be started. */
  findBinary?: (options: { log: (line: string) => void }) => Promise<Mongod>;
}

/**
 * `host`: this application has started the server; `guest`: another application has, on the same data folder, and this one
 * takes over when that one ends; `foreign`: a MongoDB that is none of our business.
 */
export type EmbeddedRole = 'host' | 'guest' | 'foreign';

const RETRY_MS = 200;
/** A clean stop takes about a second. */
const SLOW_STOP_MS = 3_000;
/** A folder whose `mongod` is just ending, or just starting, is free or answers within this time. */
const HANDOVER_TIMEOUT_MS = 15_000;

/**
 * A MongoDB for development: found on the port, or started there with its data in a folder, started again when it dies,
 * and stopped with the application. Several applications may share one folder; one of them hosts the server. A server
 * whose application was killed is used by the next one and stopped by the last one that leaves.
 */
export class EmbeddedMongo {
  readonly port: number;
  readonly #dataDir: string;
  readonly #log: (line: string) => void;
  readonly #findBinary: NonNullable<EmbeddedMongoOptions['findBinary']>;
  readonly #stopping = new AbortController();
  #server: EmbeddedServer | undefined;
  #keeper: Promise<void> = Promise.resolve();

  private constructor({ dataDir, port = 27017, log, findBinary = findMongod }: EmbeddedMongoOptions) {
    this.port = port;
    this.#dataDir = resolve(dataDir);
    this.#log = log;
    this.#findBinary = findBinary;
  }

  /**
   * Resolves when a MongoDB takes writes on 127.0.0.1.
   *
   * @throws {@link EmbeddedMongoError} When the port, the folder or the data files cannot be used
   * @throws {@link MongodNotFoundError} When there is nothing to start
   */
  static async start(options: EmbeddedMongoOptions): Promise<EmbeddedMongo> {
    const embedded = new EmbeddedMongo(options);
    embedded.#server = await embedded.#enter();
    if (embedded.#server) embedded.#keeper = embedded.#keep(embedded.#server);
    return embedded;
  }

  get role(): EmbeddedRole {
    if (!this.#server) return 'foreign';
    return this.#server.isOwn ? 'host' : 'guest';
  }

  /** Process id of the server, unless it is a foreign one. */
  get pid(): number | undefined {
    return this.#server?.pid;
  }

  uri(database = ''): string {
    return `mongodb://127.0.0.1:${this.port}/${database}`;
  }

  /** Stops the server, unless another application needs it; its data stay. Safe to call again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#keeper;
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const timer = setTimeout(() => {
      this.#log('Waiting for the embedded MongoDB to stop; a second signal ends this process at once');
    }, SLOW_STOP_MS);
    await server.release();
    clearTimeout(timer);
  }

  /** Stays until told to stop, and puts a new server in the place of one that ended. */
  async #keep(first: EmbeddedServer): Promise<void> {
    const { signal } = this.#stopping;
    const stopped = new Promise<void>((done) =>
      signal.addEventListener('abort', () => done(), { once: true }),
    );
    const pace = new RestartPace();
    let server: EmbeddedServer | undefined = first;
    while (!signal.aborted) {
      const ending: string | void = await Promise.race([server.ended, stopped]);
      if (ending === undefined) return;
      const name = `MongoDB (process ${server.pid}${server.isOwn ? '' : ', of another application'})`;
      this.#log(`The embedded ${name} has ended: ${ending}; starting it again`);
      server = await this.#recover(pace);
      this.#server = server;
      if (!server) return;
    }
  }

  /** Tries until there is a server again; nothing when told to stop, or when a foreign server has taken the place. */
  async #recover(pace: RestartPace): Promise<EmbeddedServer | undefined> {
    const { signal } = this.#stopping;
    let lastProblem = 'it ends soon after each start';
    while (!signal.aborted) {
      const { delayMs, isTrouble } = pace.next();
      if (isTrouble) {
        this.#log(
          `The embedded MongoDB does not stay up: ${lastProblem}; trying again every ${delayMs / 1_000} s`,
        );
      }
      await sleep(delayMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return undefined;
      try {
        return await this.#enter();
      } catch (error) {
        if (signal.aborted) return undefined;
        lastProblem = error instanceof Error ? error.message : String(error);
      }
    }
    return undefined;
  }

  /** Finds a server or starts one; nothing when a foreign one is there. */
  async #enter(): Promise<EmbeddedServer | undefined> {
    const deadline = Date.now() + HANDOVER_TIMEOUT_MS;
    const { signal } = this.#stopping;
    let mongod: Mongod | undefined;
    for (;;) {
      const found = await probe(this.port, this.#dataDir);
      if (found.kind === 'foreign') {
        this.#log(`Using the MongoDB that runs on 127.0.0.1:${this.port}`);
        return undefined;
      }
      if (found.kind === 'unknown') throw this.#portTaken();
      if (found.kind === 'embedded') {
        const server = await attach(found, this.port);
        if (server)
          return this.#announce(
            server,
            server.isOrphan ? 'left by an earlier run' : 'of another application',
          );
      } else {
        mongod ??= await this.#findBinary({ log: this.#log });
        const result = await launch({ mongod, dataDir: this.#dataDir, port: this.port, signal });
        if (result instanceof OwnServer) return this.#announce(result, 'started');
        const isHandover = result.kind === 'port-in-use' || result.kind === 'data-in-use';
        if (!isHandover || Date.now() > deadline)
          throw describeFailure(result, mongod, this.#dataDir, this.port);
      }
      await sleep(RETRY_MS);
    }
  }

  #announce(server: EmbeddedServer, origin: string): EmbeddedServer {
    const where = `127.0.0.1:${this.port}, data in ${this.#dataDir}, process ${server.pid}`;
    this.#log(`Embedded MongoDB ${server.version} on ${where} (${origin})`);
    return server;
  }

  #portTaken(): EmbeddedMongoError {
    return new EmbeddedMongoError(
      'PORT_TAKEN',
      `Port ${this.port} of 127.0.0.1 is taken by a program that does not answer as MongoDB: stop it, or set MONGODB_URI to the MongoDB to use`,
    );
  }
}
