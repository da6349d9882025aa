import { connect, type Socket } from 'node:net';
import { EmbeddedMongoError } from './embedded-mongo.error.ts';
import { lead, STOP_TIMEOUT_MS, type EmbeddedServer } from './embedded-server.ts';
import { isListening, waitUntil } from './mongod-admin.ts';
import { isAlive, type FoundEmbedded } from './server-probe.ts';

/**
 * Takes part in a server of our data folder that runs already.
 *
 * @returns The server, or `null` when it has ended meanwhile
 * @throws {@link EmbeddedMongoError} When it stays and takes no writes
 */
export async function attach(found: FoundEmbedded, port: number): Promise<FoundServer | null> {
  const server = new FoundServer(found, port);
  const leader = await lead(port, false, async () => !(await isListening(port)));
  if (leader === found.pid) return server;
  server.disconnect();
  if (leader !== null || !(await isListening(port))) return null;
  throw new EmbeddedMongoError(
    'START_FAILED',
    `The embedded MongoDB on 127.0.0.1:${port} does not take writes: stop its process ${found.pid} and start again`,
  );
}

/**
 * A server that another application has started. If that application is gone, nobody else would stop it:
 * whoever uses it last does.
 */
export class FoundServer implements EmbeddedServer {
  readonly isOwn = false;
  readonly pid: number;
  readonly version: string;
  readonly ended: Promise<string>;
  readonly #ownerPid: number;
  readonly #socket: Socket;

  constructor({ pid, ownerPid, version }: FoundEmbedded, port: number) {
    this.pid = pid;
    this.version = version;
    this.#ownerPid = ownerPid;
    // Open and idle for as long as the server lives: its end is noticed at once and nothing is asked in between.
    this.#socket = connect({ host: '127.0.0.1', port }).unref();
    this.#socket.on('error', () => {});
    this.ended = new Promise((resolve) => this.#socket.once('close', () => resolve('connection closed')));
  }

  /** Whether the application that started it is gone. */
  get isOrphan(): boolean {
    return !isAlive(this.#ownerPid);
  }

  disconnect(): void {
    this.#socket.destroy();
  }

  async release(): Promise<void> {
    // A socket that is still open says that the process id has not passed to another process.
    const isOurs = this.isOrphan && !this.#socket.destroyed;
    this.disconnect();
    if (!isOurs) return;
    signal(this.pid, 'SIGTERM');
    const hasEnded = await waitUntil(() => !isAlive(this.pid), STOP_TIMEOUT_MS);
    if (!hasEnded) signal(this.pid, 'SIGKILL');
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  // It may have ended by itself, or been stopped by another application.
  if (isAlive(pid)) process.kill(pid, name);
}
