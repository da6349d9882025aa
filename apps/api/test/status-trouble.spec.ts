import { mongo } from 'mongoose';
import { TestApplication } from '../../../test/support/application.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { isComplete, readStatusUntil } from './status-report.ts';

describe('GET /status/data without a database', () => {
  it('answers without reading, and says so', async () => {
    const uri = `mongodb://127.0.0.1:${await freePort()}/none`;
    const api = await TestApplication.start({ MONGODB_URI: uri });
    try {
      const report = await readStatusUntil(api, ({ health }) => health.trace.isConnected.at(-1) === false);
      const unread = { value: null, ageMs: null, problem: 'the database is not connected' };
      expect(report.health.message).toMatch(/^MongoDB connection failed: /);
      expect(report.database.version).toEqual(unread);
      expect(report.collections).toEqual(unread);
      expect(report.testDocuments).toEqual(unread);
      expect(report.database.members).toEqual([{ number: 1, role: 'not reached', isWritable: false }]);
    } finally {
      await api.stop();
    }
  });
});

describe('GET /status/data and a database in trouble', () => {
  const auth = { username: 'root', password: 'a-password-that-nobody-sees' };
  let server: MongodServer;
  let api: TestApplication;
  afterEach(async () => {
    await api?.stop();
    await server?.stop();
  });

  it('keeps what was known through a crash and a hang, says how old it is, and recovers', async () => {
    server = await MongodServer.start();
    api = await TestApplication.start({ MONGODB_URI: server.uri('trouble') });
    await api.until('/health/startup', 200);
    await api.request('/mongodb-test');
    const before = await readStatusUntil(api, isComplete);
    expect(before.database).toMatchObject({ kind: 'One server', replicaSet: null });

    await server.kill();
    const during = await readStatusUntil(api, ({ health }) => !health.isConnected);
    expect(during.health.isConnected).toBe(false);
    expect(during.database.members).toEqual([{ number: 1, role: 'not reached', isWritable: false }]);
    expect(during.collections.value).toEqual(before.collections.value);
    expect(during.collections.problem).toBe('the database is not connected');
    expect(during.collections.ageMs).toBeGreaterThan(0);

    await server.restart();
    const after = await readStatusUntil(
      api,
      ({ health, testDocuments }) => health.isConnected && testDocuments.problem === null,
    );
    expect(after.health.trace.isConnected).toContain(false);
    expect(Date.parse(after.health.since ?? '')).toBeGreaterThan(Date.parse(during.at));
    expect(after.testDocuments.value?.count).toBe(1);

    await server.pause();
    const hung = await readStatusUntil(api, ({ health }) => !health.isConnected);
    expect(hung.health.isConnected).toBe(false);
    expect(hung.testDocuments).toMatchObject({
      value: after.testDocuments.value,
      problem: expect.any(String),
    });
    server.resume();
    const resumed = await readStatusUntil(api, ({ testDocuments }) => testDocuments.problem === null);
    expect(resumed.health.isConnected).toBe(true);
  });

  it('shows no host, user or password, and says what this user may not see', async () => {
    server = await MongodServer.start({ auth });
    const admin = await new mongo.MongoClient(server.uri()).connect();
    try {
      const db = admin.db('limited');
      await db.collection('hidden').insertOne({});
      await db.collection('open').insertOne({});
      const privileges = [
        { resource: { db: 'limited', collection: '' }, actions: ['find', 'insert', 'listCollections'] },
        { resource: { db: 'limited', collection: 'open' }, actions: ['collStats'] },
      ];
      await db.command({ createRole: 'narrow', privileges, roles: [] });
      await db.command({ createUser: 'reader', pwd: auth.password, roles: ['narrow'] });
    } finally {
      await admin.close();
    }
    const uri = `mongodb://reader:${auth.password}@127.0.0.1:${server.port}/limited`;
    api = await TestApplication.start({ MONGODB_URI: uri });
    await api.until('/health', 200);
    const report = await readStatusUntil(api, ({ collections }) => collections.problem === null);
    expect(report.collections.value?.collections).toContainEqual({
      name: 'hidden',
      problem: 'not permitted',
    });
    expect(report.collections.value?.collections).toContainEqual(
      expect.objectContaining({ name: 'open', documents: 1 }),
    );
    expect(JSON.stringify(report)).not.toMatch(
      new RegExp(`${auth.password}|reader|127\\.0\\.0\\.1|${server.port}`),
    );
  });
});
