import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedMongoError } from './embedded-mongo.error.ts';
import { argumentsFor, lead, STOP_TIMEOUT_MS, type EmbeddedServer } from './embedded-server.ts';
import { isListening, waitUntil } from './mongod-admin.ts';
import type { Mongod } from './mongod-binary.ts';
import { explainExit, type MongodFailure } from './mongod-log.ts';
import { MongodProcess } from './mongod-process.ts';
import { processNameOf } from './server-probe.ts';

export interface LaunchOptions {
  mongod: Mongod;
  /** Absolute path; made when missing. */
  dataDir: string;
  port: number;
  /** Ends the wait for the server, and the server with it. */
  signal: AbortSignal;
}

/** Replaying the journal of a large folder takes its time. */
const START_TIMEOUT_MS = 120_000;
/** A `mongod` that finds its port taken ends within tenths of a second. */
const LOSER_TIMEOUT_MS = 5_000;

/**
 * Starts `mongod` on the data folder, as the primary of a replica set of one.
 *
 * Not through `MongoMemoryReplSet`: it silently takes another port when the one asked for is busy, throws out of an event
 * handler when a failing `mongod` prints two log lines at once, keeps the reason of a failed start to itself, and cannot
 * take over a server that an earlier run has left.
 *
 * @returns The server, or what made `mongod` end
 * @throws {@link EmbeddedMongoError} When the folder cannot be written, or the server is not ready in time
 */
export async function launch({
  mongod,
  dataDir,
  port,
  signal,
}: LaunchOptions): Promise<OwnServer | MongodFailure> {
  const child = await spawnIn(dataDir, mongod, port);
  await waitUntil(async () => !child.isRunning || (await isListening(port)), START_TIMEOUT_MS, signal);
  const isGone = (): boolean => !child.isRunning || signal.aborted;
  const pid = isGone() ? null : await lead(port, true, isGone);
  // Of two that start at the same moment the slower one sees the port of the faster one, and ends.
  if (pid !== null && pid !== child.pid) await waitUntil(() => !child.isRunning, LOSER_TIMEOUT_MS);
  if (!child.isRunning) return explainExit((await child.exited).code, await child.readLog());
  if (pid !== null) return new OwnServer(child, mongod.version);
  await child.stop(STOP_TIMEOUT_MS);
  throw new EmbeddedMongoError('START_FAILED', `MongoDB did not become ready, see ${logPathIn(dataDir)}`);
}

/** A server that this application has started, and therefore stops. */
export class OwnServer implements EmbeddedServer {
  readonly isOwn = true;
  readonly version: string;
  readonly ended: Promise<string>;
  readonly #child: MongodProcess;

  constructor(child: MongodProcess, version: string) {
    this.#child = child;
    this.version = version;
    this.ended = child.exited.then(({ code, signal }) => signal ?? `exit code ${code}`);
  }

  get pid(): number {
    return this.#child.pid;
  }

  async release(): Promise<void> {
    await this.#child.stop(STOP_TIMEOUT_MS);
  }
}

async function spawnIn(dataDir: string, mongod: Mongod, port: number): Promise<MongodProcess> {
  try {
    await mkdir(dataDir, { recursive: true });
    return await MongodProcess.start({
      binary: mongod.path,
      name: processNameOf(process.pid),
      args: argumentsFor(dataDir, port),
      logPath: logPathIn(dataDir),
      signalWhenAbandoned: 'SIGTERM',
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const reason = code === 'EEXIST' || code === 'ENOTDIR' ? 'there is a file in its place' : code;
    throw new EmbeddedMongoError(
      'DATA_DIR_UNUSABLE',
      `The data folder ${dataDir} cannot be written (${reason}): mend that, or set MONGODB_URI to use another MongoDB`,
      error,
    );
  }
}

function logPathIn(dataDir: string): string {
  return join(dataDir, 'mongod.log');
}
