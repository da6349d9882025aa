import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { loadConfiguration, type DatabaseConfig } from '#config';
import { Logger } from '@nestjs/common';
import { freePort } from '../../../../test/support/free-port.ts';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { TcpProxy } from '../../../../test/support/tcp-proxy.ts';
import { PATIENCE_MS } from '../../../../test/support/wait-until.ts';
import { DatabaseError } from '../errors/database.error.ts';
import { DatabaseConnection } from './database-connection.ts';

describe(DatabaseConnection.name, () => {
  const opened: { close(): Promise<void> }[] = [];
  beforeAll(() => Logger.overrideLogger(false));
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((resource) => resource.close()));
  });
  afterAll(() => Logger.overrideLogger(true));

  function open(uri: string, settings: Partial<DatabaseConfig> = {}): DatabaseConnection {
    const { database } = loadConfiguration({ MONGODB_URI: uri });
    const connection = new DatabaseConnection({ ...database, serverSelectionTimeoutMs: 300, ...settings });
    opened.push(connection);
    return connection;
  }

  async function startServer(options: Parameters<typeof MongodServer.start>[0] = {}): Promise<MongodServer> {
    const server = await MongodServer.start(options);
    opened.push({ close: () => server.stop() });
    return server;
  }

  async function startProxy(server: MongodServer): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(server.port);
    opened.push(proxy);
    return proxy;
  }

  async function connect(uri: string, settings?: Partial<DatabaseConfig>): Promise<DatabaseConnection> {
    const connection = open(uri, settings);
    connection.start();
    await connection.whenSettled();
    return connection;
  }

  /** Resolves when the driver has failed this often to reach a server. */
  async function failedHeartbeats({ client }: DatabaseConnection, count: number): Promise<void> {
    for (let seen = 0; seen < count; seen += 1) await once(client, 'serverHeartbeatFailed');
  }

  /** Repeats a check until it succeeds; each is bounded by the selection timeout. */
  async function untilUsable(connection: DatabaseConnection): Promise<void> {
    const startedAt = performance.now();
    for (;;) {
      try {
        return await connection.check();
      } catch (error) {
        if (performance.now() - startedAt > PATIENCE_MS) throw error;
      }
    }
  }

  /** The cause that `check` names once the first attempt has met one. */
  async function firstFailure(connection: DatabaseConnection): Promise<unknown> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const failure = await connection.check().catch((error: unknown) => error);
      const isNamed =
        failure instanceof DatabaseError && failure.message !== 'No connection has been made yet';
      if (isNamed || performance.now() > deadline) return failure;
      await sleep(10);
    }
  }

  it('shows no credentials when it is inspected or written as JSON', () => {
    const connection = open('mongodb://ada:a-secret-word@127.0.0.1:1/shop');
    for (const target of [connection, connection.client, connection.mongoose]) {
      expect(inspect({ target }, { depth: 12 })).not.toContain('a-secret-word');
      expect(JSON.stringify({ target })).not.toContain('a-secret-word');
    }
    expect(inspect(connection)).toContain("database: 'shop'");
  });

  describe('with no database', () => {
    it('starts at once and says why there is none', async () => {
      const connection = open(`mongodb://127.0.0.1:${await freePort()}/shop`);
      connection.start();
      expect(() => connection.db).toThrow('No connection has been made yet');
      await failedHeartbeats(connection, 3);
      await expect(connection.check()).rejects.toMatchObject({ reason: 'refused' });
      expect(connection).toMatchObject({ isConnected: false, isStarted: false, hasWritableServer: false });
    });

    it('connects when one appears, with the client and the connection it had from the start', async () => {
      const port = await freePort();
      const connection = open(`mongodb://127.0.0.1:${port}/shop`);
      const { client, mongoose } = connection;
      const connections = mongoose.base?.connections.length;
      connection.start();
      connection.start();
      // Several attempts of the loop: each ends after the selection timeout.
      await failedHeartbeats(connection, 4);
      await startServer({ port });
      await connection.whenSettled();
      await connection.check();
      expect(connection).toMatchObject({ isConnected: true, isStarted: true, hasWritableServer: true });
      expect(connection.client).toBe(client);
      expect(connection.mongoose).toBe(mongoose);
      expect(mongoose.getClient()).toBe(client);
      expect(mongoose.base?.connections).toHaveLength(connections ?? NaN);
    });
  });

  describe('when the server is taken away', () => {
    it('survives its crash and restart', async () => {
      const server = await startServer();
      const connection = await connect(server.uri('shop'));
      const { client } = connection;
      const lost = once(client, 'serverHeartbeatFailed');
      await server.kill();
      await lost;
      await expect(connection.check()).rejects.toMatchObject({ reason: 'refused' });
      expect(connection.hasWritableServer).toBe(false);
      await server.restart();
      await untilUsable(connection);
      expect(connection.client).toBe(client);
    });

    it('survives its hang', async () => {
      const server = await startServer();
      const connection = await connect(server.uri('shop'));
      await server.pause();
      await expect(connection.check(AbortSignal.timeout(200))).rejects.toMatchObject({ reason: 'no-answer' });
      server.resume();
      await untilUsable(connection);
    });
  });

  describe('checks', () => {
    it('that the login is right', async () => {
      const server = await startServer({ auth: { username: 'root', password: 'right' } });
      const connection = open(server.uri('shop').replace('right', 'wrong'));
      connection.start();
      expect(await firstFailure(connection)).toMatchObject({ reason: 'authentication' });
    });

    it('that the user may read', async () => {
      const auth = { username: 'root', password: 'right' };
      const server = await startServer({ auth });
      await server.command({ createUser: 'guest', pwd: 'guest', roles: [] });
      const connection = await connect(
        `mongodb://guest:guest@127.0.0.1:${server.port}/shop?authSource=admin`,
      );
      await expect(connection.check()).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    });

    it('that there is a user at all where one is needed', async () => {
      const server = await startServer({ auth: { username: 'root', password: 'right' } });
      const connection = await connect(`mongodb://127.0.0.1:${server.port}/shop`);
      await expect(connection.check()).rejects.toMatchObject({ reason: 'authentication' });
    });

    it('that the server takes writes, which a secondary does not', async () => {
      const server = await startServer({ replSet: true });
      const connection = await connect(`mongodb://127.0.0.1:${server.port}/shop?directConnection=true`);
      await connection.check();
      const changed = once(connection.client, 'serverDescriptionChanged');
      await server.command({ replSetStepDown: 60, force: true });
      await changed;
      await expect(connection.check()).rejects.toMatchObject({ reason: 'no-primary' });
      expect(connection.hasWritableServer).toBe(false);
    });

    it.each(['?directConnection=true', '?replicaSet=test'])(
      'that the replica set has been initiated: %s',
      async (options) => {
        const server = await startServer({ args: ['--replSet', 'test'] });
        const connection = open(`mongodb://127.0.0.1:${server.port}/shop${options}`);
        connection.start();
        expect(await firstFailure(connection)).toMatchObject({ reason: 'no-primary' });
      },
    );

    it('no longer than the time limit of every call, and leaves nothing on the server', async () => {
      const server = await startServer();
      const connection = await connect(server.uri('shop'), {
        maxTimeMs: 200,
        socketTimeoutMs: 2 * PATIENCE_MS,
      });
      await connection.db.collection('health_check').insertOne({});
      // Waits in the middle of the command, where the server looks at its time.
      const data = { nss: 'shop.health_check', shouldCheckForInterrupt: true };
      await server.command({ configureFailPoint: 'waitInFindBeforeMakingBatch', mode: 'alwaysOn', data });
      const startedAt = performance.now();
      await expect(connection.check()).rejects.toMatchObject({ reason: 'no-answer' });
      expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
      const { inprog } = await server.command({ currentOp: 1, 'command.find': 'health_check' });
      expect(inprog).toEqual([]);
    });

    it('until the signal, when nothing answers, and leaves nothing in the queue', async () => {
      const server = await startServer();
      const proxy = await startProxy(server);
      const connection = await connect(proxy.uri('shop'), { serverSelectionTimeoutMs: 2 * PATIENCE_MS });
      proxy.setMode({ kind: 'mute' });
      const startedAt = performance.now();
      const checks = Array.from({ length: 20 }, () => connection.check(AbortSignal.timeout(200)));
      const results = await Promise.allSettled(checks);
      expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
      for (const result of results) expect(result).toMatchObject({ reason: { reason: 'no-answer' } });
      proxy.setMode({ kind: 'forward' });
      proxy.resetConnections();
      await untilUsable(connection);
    });
  });

  describe('closes', () => {
    async function expectToClose(connection: DatabaseConnection): Promise<void> {
      const startedAt = performance.now();
      await connection.close();
      expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
      expect(connection).toMatchObject({ isConnected: false, isStarted: false });
      expect(() => connection.db).toThrow('The connection has been closed');
      await connection.whenSettled();
    }

    it('before it was started', () => expectToClose(open('mongodb://127.0.0.1:1/shop')));

    it('while it still tries to connect', async () => {
      const connection = open(`mongodb://127.0.0.1:${await freePort()}/shop`);
      connection.start();
      await failedHeartbeats(connection, 2);
      await expectToClose(connection);
    });

    it('while a server accepts and never answers', async () => {
      const server = await startServer();
      const proxy = await startProxy(server);
      proxy.setMode({ kind: 'mute' });
      const connection = open(proxy.uri('shop'), { serverSelectionTimeoutMs: 2 * PATIENCE_MS });
      const tried = once(connection.client, 'serverHeartbeatStarted');
      connection.start();
      await tried;
      await expectToClose(connection);
    });

    it('while the server hangs, with calls in flight', async () => {
      const server = await startServer();
      const connection = await connect(server.uri('shop'), { waitQueueTimeoutMs: 3_000 });
      await connection.check();
      await server.pause();
      const calls = [connection.check(), connection.db.collection('items').insertOne({})];
      const settled = Promise.allSettled(calls);
      await expectToClose(connection);
      const results = await settled;
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    });

    it('every connection to the server', async () => {
      const server = await startServer();
      const connection = await connect(server.uri('shop'));
      await Promise.all([connection.check(), connection.check(), connection.check()]);
      await expectToClose(connection);
      await connection.close();
      const { connections } = await server.command({ serverStatus: 1 });
      // Its own, and the monitor of the client that asks.
      expect(connections.current).toBeLessThanOrEqual(3);
    });
  });
});
