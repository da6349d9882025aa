import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseConnection } from '#database';
import type { TestReport } from '#diagnostics';
import { mongo } from 'mongoose';
import { TestApplication } from '../../../test/support/application.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';

const TOKEN = 'a-token-of-32-characters-for-tests';
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];

describe('GET /mongodb-test', () => {
  let database: TestDatabase;
  let api: TestApplication;
  const start = async (environment: Record<string, string> = {}) => {
    const started = await TestApplication.start({ MONGODB_URI: database.uri, ...environment });
    await started.until('/health/startup', 200);
    return started;
  };
  beforeEach(async () => {
    database = await TestDatabase.start();
  });
  afterEach(async () => {
    await api?.stop();
    await database?.stop();
  });

  it('inserts one document and shows the newest first', async () => {
    api = await start();
    const first = (await (await api.request('/mongodb-test')).json()) as TestReport;
    expect(first).toEqual({
      status: 'success',
      mongodb: { connected: true, message: 'MongoDB connection successful' },
      inserted: {
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        createdAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      },
      recent: [{ ...first.inserted, message: 'MongoDB test document' }],
      count: 1,
      timingsMs: { insert: expect.any(Number), find: expect.any(Number) },
    });
    const second = (await (await api.request('/mongodb-test')).json()) as TestReport;
    expect(second.count).toBe(2);
    expect(second.recent.map(({ id }) => id)).toEqual([second.inserted?.id, first.inserted?.id]);
    const stored = await database.db.collection('test_documents').find().toArray();
    expect(stored.map(({ _id }) => String(_id))).toEqual([first.inserted?.id, second.inserted?.id]);
  });

  it('inserts nothing for HEAD and OPTIONS', async () => {
    api = await start();
    const head = await api.request('/mongodb-test', { method: 'HEAD' });
    expect([head.status, head.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const options = await api.request('/mongodb-test', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect(await database.db.collection('test_documents').countDocuments()).toBe(0);
  });

  it('keeps at most 1,000 documents, the newest, also in a collection that was there before', async () => {
    const old = Array.from({ length: 1_500 }, (_, i) => ({ message: `old ${i}`, createdAt: new Date(i) }));
    await database.db.collection('test_documents').insertMany(old);
    api = await start();
    const report = (await (await api.request('/mongodb-test')).json()) as TestReport;
    expect(report.count).toBe(1_000);
    expect(report.recent[0]?.id).toBe(report.inserted?.id);
    expect(report.recent[1]?.message).toBe('old 1499');
  });

  it('passes over documents that somebody else put there', async () => {
    api = await start();
    const documents = database.db.collection<{ _id: mongo.ObjectId | string }>('test_documents');
    const good = { message: 'from elsewhere', createdAt: new Date(0) };
    const farId = new mongo.ObjectId();
    const strays: object[] = [
      { message: 'by hand' },
      { createdAt: new Date() },
      { message: 1, createdAt: '2020-01-01' },
      { message: ['a'], createdAt: [new Date()] },
      { ...good, _id: 'an id of its own' },
      { ...good, _id: farId },
    ];
    for (const stray of [good, ...strays]) {
      await documents.insertOne({ _id: new mongo.ObjectId(), ...stray });
    }
    // A year that no date of JavaScript reaches.
    const farOff = { $toDate: mongo.Long.fromNumber(9e15) };
    await documents.updateOne({ _id: farId }, [{ $set: { createdAt: farOff } }]);
    const answer = await api.request('/mongodb-test');
    const report = (await answer.json()) as TestReport;
    expect([answer.status, report.status]).toEqual([200, 'success']);
    const messages = report.recent.map(({ message }) => message);
    expect(messages).toEqual(['MongoDB test document', 'from elsewhere']);
  });

  it('asks for each of its start-up tasks once', async () => {
    const added = import.meta.jest.spyOn(DatabaseConnection.prototype, 'addStartupTask');
    try {
      api = await start();
      const names = added.mock.calls.map(([{ name }]) => name);
      expect(names).toContain('index the throttle counters');
      expect(names).toEqual([...new Set(names)]);
    } finally {
      added.mockRestore();
    }
  });

  it('bounds the collection again after somebody dropped it', async () => {
    api = await start();
    await database.db.collection('test_documents').drop();
    expect((await api.request('/mongodb-test')).status).toBe(200);
    const [collection] = await database.db.listCollections({ name: 'test_documents' }).toArray();
    expect(collection).toMatchObject({ options: { capped: true, max: 1_000 } });
  });

  it('takes ten inserts a minute from a client over all instances, then says when to come back', async () => {
    api = await start();
    const other = await start();
    try {
      const requests = Array.from({ length: 30 }, (_, i) => (i % 2 ? api : other).request('/mongodb-test'));
      const answers = await Promise.all(requests);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(20);
      const retryAfter = Number(refused[0]?.headers.get('retry-after'));
      expect(retryAfter).toBeGreaterThan(0);
      expect(retryAfter).toBeLessThanOrEqual(60);
      expect(await refused[0]?.json()).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
      expect(await database.db.collection('test_documents').countDocuments()).toBe(10);
    } finally {
      await other.stop();
    }
  });

  it('is not fooled by a forged forwarding header', async () => {
    api = await start({ DIAGNOSTICS_RATE_PER_MINUTE: '2' });
    const requests = ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'].map((address) =>
      api.request('/mongodb-test', { headers: { 'x-forwarded-for': address, 'x-real-ip': address } }),
    );
    const statuses = (await Promise.all(requests)).map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([200, 200, 429, 429]);
  });

  it('does not exist in production without a token', async () => {
    api = await start({ NODE_ENV: 'production', MONGODB_ALLOW_NO_AUTH: 'true', SHUTDOWN_DRAIN_MS: '0' });
    for (const method of METHODS) {
      const answer = await api.request('/mongodb-test', { method });
      expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 404, null]);
    }
    const answer = await api.request('/mongodb-test', { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(answer.status).toBe(404);
    expect(await database.db.collection('test_documents').countDocuments()).toBe(0);
  });

  it('asks for the token in production', async () => {
    const environment = { NODE_ENV: 'production', MONGODB_ALLOW_NO_AUTH: 'true', SHUTDOWN_DRAIN_MS: '0' };
    api = await start({ ...environment, DIAGNOSTICS_TOKEN: TOKEN });
    const without = await api.request('/mongodb-test');
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="diagnostics"',
    ]);
    const wrong = await api.request('/mongodb-test', { headers: { authorization: `Bearer ${TOKEN}x` } });
    expect(wrong.status).toBe(401);
    expect(await database.db.collection('test_documents').countDocuments()).toBe(0);
    const right = await api.request('/mongodb-test', { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(right.status).toBe(200);
  });
});

describe('GET /mongodb-test without a database', () => {
  it('answers 503 in the same shape', async () => {
    const uri = `mongodb://127.0.0.1:${await freePort()}/none`;
    const api = await TestApplication.start({
      MONGODB_URI: uri,
      MONGODB_SERVER_SELECTION_TIMEOUT_MS: '1000',
    });
    try {
      const answer = await api.request('/mongodb-test');
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await answer.json()).toEqual({
        status: 'error',
        mongodb: { connected: false, message: expect.stringMatching(/^MongoDB connection failed: /) },
        inserted: null,
        recent: [],
        count: 0,
        timingsMs: { insert: null, find: null },
      });
      const head = await api.request('/mongodb-test', { method: 'HEAD' });
      expect([head.status, head.headers.get('retry-after')]).toEqual([503, '2']);
    } finally {
      await api.stop();
    }
  });
});

describe('GET /mongodb-test when the database stops answering', () => {
  const HUNG = {
    status: 'error',
    mongodb: { connected: false, message: 'MongoDB connection failed: the server does not answer in time' },
    inserted: null,
    recent: [],
    count: 0,
    timingsMs: { insert: null, find: null },
  };
  let server: MongodServer;
  let client: mongo.MongoClient;
  let api: TestApplication;
  beforeEach(async () => {
    server = await MongodServer.start();
    client = await new mongo.MongoClient(server.uri('hung')).connect();
    api = await TestApplication.start({ MONGODB_URI: server.uri('hung') });
    await api.until('/health/startup', 200);
  });
  afterEach(async () => {
    await api?.stop();
    await client?.close();
    await server?.stop();
  });

  const countDocuments = async (): Promise<number> =>
    client.db().collection('test_documents').countDocuments();

  async function test(): Promise<{ status: number; body: unknown; headers: (string | null)[] }> {
    const answer = await api.request('/mongodb-test');
    const headers = ['cache-control', 'retry-after'].map((name) => answer.headers.get(name));
    return { status: answer.status, body: await answer.json(), headers };
  }

  it('inserts nothing for a request that could not be counted', async () => {
    await server.pause();
    const asking = Promise.all(Array.from({ length: 60 }, test));
    await sleep(2_600);
    server.resume();
    const answers = await asking;
    for (const answer of answers) {
      expect(answer).toEqual({ status: 503, body: HUNG, headers: ['no-store', '2'] });
    }
    await sleep(1_000);
    expect(await countDocuments()).toBe(0);
  });

  it('inserts nothing once it has answered', async () => {
    const slow = { failCommands: ['listCollections'], blockConnection: true, blockTimeMS: 4_500 };
    await server.failPoint({ ...slow, mode: { times: 1 } });
    expect(await test()).toEqual({ status: 503, body: HUNG, headers: ['no-store', '2'] });
    await sleep(1_500);
    expect(await countDocuments()).toBe(0);
  });

  it('answers after a crash', async () => {
    await server.kill();
    const answers = await Promise.all(Array.from({ length: 60 }, test));
    for (const { status, body } of answers) {
      expect([status, body]).toEqual([
        503,
        { ...HUNG, mongodb: { connected: false, message: expect.any(String) } },
      ]);
    }
  });
});
