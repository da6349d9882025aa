import { getServers, setServers } from 'node:dns';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { mongo, Mongoose, Schema } from 'mongoose';
import { freePort } from '../../../../test/support/free-port.ts';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { TcpProxy } from '../../../../test/support/tcp-proxy.ts';
import { DatabaseError } from './database.error.ts';
import { toDatabaseError } from './to-database-error.ts';

/** Names, users and values of this suite hold this word; no message may. */
const SECRET = /secret|127\.0\.0\.1|:\d{4,5}/i;
const ROOT = { username: 'secretRoot', password: 'secretPassword' };
const OPTIONS = { serverSelectionTimeoutMS: 300, retryReads: false, retryWrites: false };

async function nameOf(operation: Promise<unknown>): Promise<unknown> {
  const error = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const named = toDatabaseError(error);
  if (named instanceof DatabaseError) {
    expect(named.cause).toBe(error);
    expect(named.message).not.toMatch(SECRET);
  }
  return named;
}

/** Connects, reads once and closes. */
async function use(uri: string, options: mongo.MongoClientOptions = {}): Promise<void> {
  const client = new mongo.MongoClient(uri, { ...OPTIONS, ...options });
  try {
    await client.connect();
    await client.db('secretDb').collection('secretItems').findOne();
  } finally {
    await client.close();
  }
}

describe('what the driver meets', () => {
  let server: MongodServer;
  let client: mongo.MongoClient;

  beforeAll(async () => {
    server = await MongodServer.start({ auth: ROOT });
    client = await new mongo.MongoClient(server.uri('secretDb'), OPTIONS).connect();
    await client.db('admin').command({ createUser: 'secretUser', pwd: 'secretPassword', roles: [] });
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  describe('where it connects to', () => {
    it.each<[string, string, (port: number) => string]>([
      ['a port that nobody listens on', 'refused', (port) => `mongodb://127.0.0.1:${port}`],
      ['a socket file that is not there', 'refused', () => 'mongodb://%2Fsecret%2Fmongodb.sock'],
      ['a name that does not exist', 'unknown-host', () => `mongodb://secret${'x'.repeat(64)}`],
      ['an address without a route', 'unreachable', () => 'mongodb://255.255.255.255'],
    ])('%s: %s', async (_, reason, toUri) => {
      const uri = toUri(await freePort());
      expect(await nameOf(use(uri))).toMatchObject({ code: 'DATABASE_UNAVAILABLE', reason });
    });

    it('a cluster whose records cannot be looked up: unknown-host', async () => {
      const servers = getServers();
      setServers([`127.0.0.1:${await freePort()}`]);
      try {
        const uri = 'mongodb+srv://cluster.secret-host.example.com';
        expect(await nameOf(use(uri))).toMatchObject({ reason: 'unknown-host' });
      } finally {
        setServers(servers);
      }
    });

    it('a server that is in no replica set, while one is asked for: no-primary', async () => {
      expect(await nameOf(use(`${server.uri()}&replicaSet=secret`))).toMatchObject({ reason: 'no-primary' });
    });

    it('a server that is not TLS, with TLS: tls', async () => {
      expect(await nameOf(use(`${server.uri()}&tls=true`))).toMatchObject({ reason: 'tls' });
    });

    it('with a file of certificates that is not there: tls', async () => {
      const uri = `${server.uri()}&tls=true&tlsCAFile=/secret/ca.pem`;
      expect(await nameOf(use(uri))).toMatchObject({ reason: 'tls', cause: { code: 'ENOENT' } });
    });
  });

  describe('when the peer is no MongoDB', () => {
    let peer: Server;
    const sockets = new Set<Socket>();
    afterEach(async () => {
      const closed = new Promise((resolve) => peer.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    });

    async function listen(onConnection: (socket: Socket) => void): Promise<string> {
      peer = createServer((socket) => {
        sockets.add(socket.on('error', () => undefined));
        onConnection(socket);
      });
      await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
      return `mongodb://127.0.0.1:${(peer.address() as AddressInfo).port}`;
    }

    it('and never answers: no-answer', async () => {
      const uri = await listen(() => undefined);
      expect(await nameOf(use(uri))).toMatchObject({ reason: 'no-answer' });
    });

    it('and hangs up: connection-lost', async () => {
      const uri = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      expect(await nameOf(use(uri))).toMatchObject({ reason: 'connection-lost' });
    });
  });

  describe('when it logs in', () => {
    const login = (user: string, options: string): string =>
      `mongodb://${user}@127.0.0.1:${server.port}/${options}`;

    it.each([
      ['with a wrong password', 'secretRoot:secret', '?authSource=admin'],
      ['as nobody', 'secretNobody:secretPassword', '?authSource=admin'],
      ['at the wrong database', 'secretRoot:secretPassword', '?authSource=secretDb'],
      ['in a way that is off', 'secretRoot:secretPassword', '?authMechanism=PLAIN'],
    ])('%s: authentication', async (_, user, options) => {
      const named = await nameOf(use(login(user, options)));
      expect(named).toMatchObject({ code: 'DATABASE_UNAVAILABLE', reason: 'authentication' });
    });

    it('not at all, and reads: authentication', async () => {
      const named = await nameOf(use(`mongodb://127.0.0.1:${server.port}`));
      expect(named).toMatchObject({ reason: 'authentication', cause: { code: 13 } });
    });

    it('as a user without a role, and reads: not permitted', async () => {
      const named = await nameOf(use(login('secretUser:secretPassword', '?authSource=admin')));
      expect(named).toMatchObject({ code: 'NOT_PERMITTED' });
    });
  });

  describe('on an open connection', () => {
    let proxy: TcpProxy;
    let items: mongo.Collection;
    let proxied: mongo.MongoClient;

    beforeEach(async () => {
      proxy = await TcpProxy.start(server.port);
      proxied = new mongo.MongoClient(`${proxy.uri()}&authSource=admin`, {
        ...OPTIONS,
        auth: ROOT,
        socketTimeoutMS: 200,
      });
      items = proxied.db('secretDb').collection('secretItems');
      await items.findOne();
    });
    afterEach(async () => {
      await proxied.close();
      await proxy.close();
    });

    const OPERATIONS: [string, () => Promise<unknown>][] = [
      ['a find', () => items.findOne()],
      ['one insert', () => items.insertOne({})],
      ['many inserts', () => items.insertMany([{}])],
    ];

    it.each(OPERATIONS)('that goes silent during %s: no-answer', async (_, operation) => {
      proxy.setMode({ kind: 'mute' });
      expect(await nameOf(operation())).toMatchObject({ reason: 'no-answer' });
    });

    it.each(OPERATIONS)('that is reset before %s: connection-lost', async (_, operation) => {
      proxy.setMode({ kind: 'refuse' });
      expect(await nameOf(operation())).toMatchObject({ reason: 'connection-lost' });
    });

    it.each(OPERATIONS)('whose other end is gone before %s: refused', async (_, operation) => {
      await proxy.close();
      // The first call may still meet the connection as it ends.
      await operation().catch(() => undefined);
      expect(await nameOf(operation())).toMatchObject({ reason: 'refused' });
    });

    it.each(OPERATIONS)('that has been closed before %s: closed', async (_, operation) => {
      await proxied.close();
      expect(await nameOf(operation())).toMatchObject({ reason: 'closed' });
    });

    it.each(OPERATIONS)('that is closed during %s: closed', async (_, operation) => {
      await server.failPoint({ failCommands: ['find', 'insert'], blockConnection: true, blockTimeMS: 150 });
      const started = new Promise((resolve) => proxied.once('connectionCheckedOut', resolve));
      const named = nameOf(operation());
      await started;
      await proxied.close();
      expect(await named).toMatchObject({ reason: 'closed' });
      await server.clearFailPoint();
    });
  });

  describe('in its pool', () => {
    it.each<[string, (items: mongo.Collection) => Promise<unknown>]>([
      ['a find', (items) => items.findOne()],
      ['many inserts', (items) => items.insertMany([{}])],
    ])('no connection for %s within the time: overloaded', async (_, operation) => {
      await using narrow = new mongo.MongoClient(server.uri(), { maxPoolSize: 1, waitQueueTimeoutMS: 500 });
      await narrow.connect();
      const items = narrow.db('secretDb').collection('secretItems');
      await server.failPoint({ failCommands: ['count'], blockConnection: true, blockTimeMS: 1_500 });
      const blocking = items.estimatedDocumentCount();
      expect(await nameOf(operation(items))).toMatchObject({ reason: 'overloaded' });
      await blocking;
      await server.clearFailPoint();
    });
  });

  it('names a transaction where there is no replica set', async () => {
    await using session = client.startSession();
    const insert = (): Promise<unknown> =>
      client.db('secretDb').collection('secretItems').insertOne({}, { session });
    const named = await nameOf(session.withTransaction(insert));
    expect(named).toMatchObject({ code: 'TRANSACTION_UNSUPPORTED' });
  });

  it('names a model that is not connected yet', async () => {
    const connection = new Mongoose({ bufferCommands: false, autoCreate: false }).createConnection();
    const model = connection.model('secretItem', new Schema({ name: String }));
    expect(await nameOf(model.findOne().exec())).toMatchObject({ reason: 'connecting' });
  });
});
