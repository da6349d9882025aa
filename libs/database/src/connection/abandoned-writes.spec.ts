import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { failAbandonedWrites } from './abandoned-writes.ts';
import { DatabaseConnection } from './database-connection.ts';

const CONNECTIONS = 20;
/** More than the system takes for a server that does not read. */
const LARGE = 'x'.repeat(15_000_000);

describe(failAbandonedWrites.name, () => {
  let server: MongodServer;
  let connection: DatabaseConnection;
  beforeEach(async () => {
    Logger.overrideLogger(false);
    server = await MongodServer.start();
    const environment = { MONGODB_URI: server.uri('shop'), MONGODB_MIN_POOL_SIZE: String(CONNECTIONS) };
    connection = new DatabaseConnection(loadConfiguration(environment).database);
    connection.start();
    await connection.whenSettled();
  });
  afterEach(async () => {
    await connection.close();
    await server.stop();
    Logger.overrideLogger(true);
  });

  it('ends a command that is too large to leave when its time is over', async () => {
    const items = connection.client.db().collection('items');
    await items.insertOne({});
    await server.pause();
    const options: object = { socketTimeoutMS: 500 };
    const insert = items.insertOne({ text: LARGE }, options);
    await expect(insert).rejects.toBeInstanceOf(mongo.MongoNetworkTimeoutError);
    expect(connection.pool.checkedOut).toBe(0);
    server.resume();
  });

  it('ends commands that are written between the end of their socket and its event', async () => {
    const ping = async (): Promise<unknown> => connection.client.db().command({ ping: 1 });
    await Promise.all(Array.from({ length: CONNECTIONS }, ping));
    const killing = server.kill();
    const calls: Promise<unknown>[] = [];
    const startedAt = performance.now();
    while (calls.length === 0 && performance.now() - startedAt < 5_000) {
      await setImmediate();
      const ended = idleConnections(connection.client).filter(
        ({ socket, closed }) => socket.destroyed && !closed,
      );
      calls.push(...ended.map(async () => ping().catch((error: unknown) => error)));
    }
    await killing;
    expect(calls.length).toBeGreaterThan(0);
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome instanceof mongo.MongoError)).toHaveLength(calls.length);
    expect(connection.pool.checkedOut).toBe(0);
  });
});

interface IdleConnection {
  socket: Socket;
  closed: boolean;
}

function idleConnections(client: mongo.MongoClient): IdleConnection[] {
  const { topology } = client as unknown as {
    topology: { s: { servers: Map<string, { pool: { connections: { toArray(): IdleConnection[] } } }> } };
  };
  return [...topology.s.servers.values()].flatMap(({ pool }) => pool.connections.toArray());
}
