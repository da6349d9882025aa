import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import type { mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { ReplicaSet } from '../../../../test/support/replica-set.ts';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import type { ResumeToken } from './change-stream.error.ts';
import { watch } from './watch.ts';

interface Item extends mongo.Document {
  _id: number;
}
interface Seen {
  id: number;
  token: string;
}

async function connect(uri: string): Promise<DatabaseConnection> {
  const connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: uri }).database);
  connection.start();
  await connection.whenSettled();
  return connection;
}

/** Follows the collection until it is stopped. */
class Follower {
  readonly seen: Seen[] = [];
  readonly opened = Promise.withResolvers<void>();
  readonly ended: Promise<void>;
  readonly #stopped = new AbortController();

  constructor(connection: DatabaseConnection) {
    this.ended = this.#follow(connection);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.ended;
  }

  async #follow(connection: DatabaseConnection): Promise<void> {
    const options = { signal: this.#stopped.signal, onOpen: () => this.opened.resolve() };
    for await (const event of watch(() => connection.db.collection<Item>('items'), options)) {
      this.seen.push({ id: event.id, token: event.resumeToken._data });
    }
  }
}

/** One writer, so that the order of its documents is the order of the changes. */
class Writer {
  readonly acknowledged: number[] = [];
  readonly unclear: number[] = [];
  isStopped = false;

  async run({ db }: DatabaseConnection, pauseMs: number): Promise<void> {
    for (let id = 1; !this.isStopped; id += 1) {
      const written = db.collection<Item>('items').insertOne({ _id: id });
      await written.then(
        () => this.acknowledged.push(id),
        () => this.unclear.push(id),
      );
      await sleep(pauseMs);
    }
  }
}

function expectAllOnceInOrder(seen: readonly Seen[], { acknowledged, unclear }: Writer): void {
  const ids = seen.map(({ id }) => id);
  const found = new Set(ids);
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
  expect(new Set(seen.map(({ token }) => token)).size).toBe(seen.length);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect(found.size).toBe(ids.length);
  expect(ids.filter((id) => !acknowledged.includes(id) && !unclear.includes(id))).toEqual([]);
}

async function untilSeen(follower: Follower, id: number | undefined): Promise<void> {
  await waitUntil(() => follower.seen.at(-1)?.id === id);
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

describe('a change stream on a set of three', () => {
  let set: ReplicaSet;
  let connection: DatabaseConnection;
  beforeAll(async () => {
    set = await ReplicaSet.start(3);
    connection = await connect(set.uri('shop'));
    await connection.db.createCollection('items');
  });
  afterAll(async () => {
    await connection?.close();
    await set?.stop();
  });

  it('misses no document, repeats none and keeps the order while primaries are killed and step down', async () => {
    const follower = new Follower(connection);
    await follower.opened.promise;
    const writer = new Writer();
    const writing = writer.run(connection, 2);
    for (let round = 0; round < 2; round += 1) {
      await sleep(1_000);
      const primary = await set.primary();
      await set.kill(primary);
      await set.primary();
      await sleep(1_000);
      await set.restart(primary);
    }
    await set.stepDown();
    expect(await waitUntil(() => writer.acknowledged.length > 200)).toBe(true);
    writer.isStopped = true;
    await writing;
    await untilSeen(follower, writer.acknowledged.at(-1));
    await follower.stop();
    expectAllOnceInOrder(follower.seen, writer);
  });
});

describe('a change stream on a set of one', () => {
  let server: MongodServer;
  let connection: DatabaseConnection;
  beforeAll(async () => {
    server = await MongodServer.start({ replSet: true });
    connection = await connect(server.uri('shop'));
    await connection.db.createCollection('items');
  });
  afterAll(async () => {
    await connection?.close();
    await server?.stop();
  });

  it('goes on after an outage that is longer than any attempt of the driver', async () => {
    const follower = new Follower(connection);
    await follower.opened.promise;
    const items = connection.db.collection<Item>('items');
    await items.insertOne({ _id: 1 });
    await untilSeen(follower, 1);
    await server.kill();
    await sleep(7_000);
    await server.restart();
    const insert = async (): Promise<unknown> => items.insertOne({ _id: 2 }).catch(insert);
    await insert();
    await untilSeen(follower, 2);
    await follower.stop();
    expect(follower.seen.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('goes on when its cursor is killed', async () => {
    const follower = new Follower(connection);
    await follower.opened.promise;
    await server.command({ killAllSessions: [] });
    await connection.db.collection<Item>('items').insertOne({ _id: 3 });
    await untilSeen(follower, 3);
    await follower.stop();
    expect(follower.seen.map(({ id }) => id)).toEqual([3]);
  });

  it.each([43, 89, 91, 237, 10107, 11601, 13436])(
    'misses nothing over error %i of the server',
    async (errorCode) => {
      const follower = new Follower(connection);
      await follower.opened.promise;
      await server.failPoint({ failCommands: ['getMore', 'aggregate'], errorCode });
      // A read that waits is answered within a second; the next one fails, and so does every resumption.
      await sleep(1_500);
      const id = 100_000 + errorCode;
      await connection.db.collection<Item>('items').insertOne({ _id: id });
      await server.clearFailPoint();
      await untilSeen(follower, id);
      await follower.stop();
      expect(follower.seen.map((seen) => seen.id)).toEqual([id]);
    },
  );

  it('tells when the changes are no longer kept', async () => {
    await server.failPoint({ failCommands: ['aggregate'], mode: { times: 1 }, errorCode: 286 });
    const startAfter: ResumeToken = { _data: '00' };
    const stream = watch(() => connection.db.collection<Item>('items'), { startAfter });
    await expect(stream.next()).rejects.toMatchObject({
      code: 'CHANGE_STREAM_LOST',
      reason: 'history-lost',
      resumeToken: startAfter,
    });
    await server.clearFailPoint();
  });

  it('ends with the signal although the server hangs', async () => {
    const follower = new Follower(connection);
    await follower.opened.promise;
    await server.pause();
    await follower.stop();
    server.resume();
  });

  it('ends with an error when the connection is closed', async () => {
    const other = await connect(server.uri('shop'));
    const follower = new Follower(other);
    await follower.opened.promise;
    const ended = expect(follower.ended).rejects.toMatchObject({ reason: 'closed' });
    await other.close();
    await ended;
  });
});

it('says on a standalone what is needed', async () => {
  const server = await MongodServer.start();
  const connection = await connect(server.uri('shop'));
  try {
    const stream = watch(() => connection.db.collection<Item>('items'));
    await expect(stream.next()).rejects.toMatchObject({
      code: 'CHANGE_STREAM_UNSUPPORTED',
      message: expect.stringContaining('--replSet'),
    });
  } finally {
    await connection.close();
    await server.stop();
  }
});
