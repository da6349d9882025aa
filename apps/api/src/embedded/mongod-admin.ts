import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';

const POLL_MS = 25;
const ALREADY_INITIALIZED = 23;
/**
 * What passes by itself: another application, or the server while it starts, is at the set at this moment (`NotYetInitialized`,
 * `ConfigurationInProgress`), or the server did not reach itself in time (`NodeNotFound`, `InvalidReplicaSetConfig`).
 */
const PASSING = [94, 109, 74, 93];

/** Credentials for a server that asks for them. */
export interface Credentials {
  username: string;
  password: string;
}

/** Whether something accepts connections on 127.0.0.1. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('timeout', () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}

/** Waits until `test` holds, asking every 25 ms; `false` when it does not within the time or once `signal` is aborted. */
export async function waitUntil(
  test: () => Promise<boolean> | boolean,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!(await test())) {
    if (Date.now() >= deadline || signal?.aborted) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/**
 * Runs commands against the `admin` database of one server on 127.0.0.1, whatever its place in a set.
 *
 * @throws {Error} Of the driver, when no MongoDB answers there within `timeoutMs`
 */
export async function withAdmin<T>(
  port: number,
  run: (admin: mongo.Db) => Promise<T>,
  { timeoutMs = 5_000, auth }: { timeoutMs?: number; auth?: Credentials | undefined } = {},
): Promise<T> {
  const client = new mongo.MongoClient(`mongodb://127.0.0.1:${port}/admin`, {
    directConnection: true,
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    ...(auth && { auth }),
  });
  try {
    await client.connect();
    return await run(client.db('admin'));
  } finally {
    await client.close();
  }
}

/**
 * Makes the server the writable primary of a replica set of its own; on data of an earlier run the set is taken over,
 * also when the port has changed since.
 *
 * @param setName - As given to `--replSet`
 * @returns Whether it became primary within `timeoutMs`
 */
export async function becomePrimary(
  admin: mongo.Db,
  { setName, port, timeoutMs = 20_000 }: { setName: string; port: number; timeoutMs?: number },
): Promise<boolean> {
  let isInitiated = false;
  return waitUntil(async () => {
    if ((await admin.command({ hello: 1 })).isWritablePrimary === true) return true;
    isInitiated ||= await tryToInitiate(admin, setName, `127.0.0.1:${port}`);
    return false;
  }, timeoutMs);
}

/** @returns `false` when it has to be tried again */
async function tryToInitiate(admin: mongo.Db, setName: string, host: string): Promise<boolean> {
  try {
    await initiate(admin, setName, host);
    return true;
  } catch (error) {
    if (PASSING.some((code) => hasCode(error, code))) return false;
    throw error;
  }
}

async function initiate(admin: mongo.Db, setName: string, host: string): Promise<void> {
  try {
    await admin.command({ replSetInitiate: { _id: setName, members: [{ _id: 0, host }] } });
  } catch (error) {
    if (!hasCode(error, ALREADY_INITIALIZED)) throw error;
    const { config } = await admin.command({ replSetGetConfig: 1 });
    if (config.members[0].host === host) return;
    const moved = { ...config, version: config.version + 1, members: [{ ...config.members[0], host }] };
    await admin.command({ replSetReconfig: moved, force: true });
  }
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof mongo.MongoServerError && error.code === code;
}
