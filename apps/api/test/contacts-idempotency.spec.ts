import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { TestApplication } from '../../../test/support/application.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { contactOf, ContactsApi, problemOf } from './contacts-api.ts';

const ADA = { email: 'ada@example.org', name: 'Ada' };

describe('Idempotency-Key', () => {
  let api: ContactsApi;
  beforeAll(async () => {
    api = await ContactsApi.start();
  });
  afterEach(async () => api.database.clear());
  afterAll(async () => api?.stop());

  const post = async (body: unknown, key: string) => api.post(body, { 'idempotency-key': key });

  it('gives the first answer again, whatever became of the contact', async () => {
    const first = await post(ADA, 'key-1');
    const text = await first.text();
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null]);
    await api.collection.updateOne({}, { $set: { name: 'Eve', version: 5 } });
    const second = await post({ name: 'Ada', email: 'ada@example.org' }, 'key-1');
    expect([second.status, await second.text()]).toEqual([201, text]);
    for (const name of ['location', 'etag', 'content-type'])
      expect(second.headers.get(name)).toBe(first.headers.get(name));
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await api.collection.countDocuments()).toBe(1);
  });

  it('refuses another body', async () => {
    await post(ADA, 'key-1');
    const answer = await post({ ...ADA, name: 'Eve' }, 'key-1');
    expect([answer.status, (await problemOf(answer)).code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(await api.collection.countDocuments()).toBe(1);
  });

  it('gives a refusal again', async () => {
    const { id } = await api.create(ADA);
    expect((await post(ADA, 'key-1')).status).toBe(409);
    const ifMatch = { 'if-match': '*' };
    await api.request(`/contacts/${id}`, { method: 'DELETE', headers: ifMatch });
    const again = await post(ADA, 'key-1');
    expect([again.status, (await problemOf(again)).code]).toEqual([409, 'DUPLICATE_KEY']);
    expect((await post(ADA, 'key-2')).status).toBe(201);
  });

  it('makes one contact of twenty requests at once, and says the same to all', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, async () => post(ADA, 'key-1')));
    const texts = await Promise.all(answers.map(async (answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
    expect(new Set(texts).size).toBe(1);
    expect(await api.collection.countDocuments()).toBe(1);
  });

  it.each(['', 'x'.repeat(256), 'schlüssel'])('refuses the key "%s"', async (key) => {
    const answer = await post(ADA, key);
    expect([answer.status, (await problemOf(answer)).code]).toEqual([400, 'IDEMPOTENCY_KEY_INVALID']);
    expect(await api.collection.countDocuments()).toBe(0);
  });

  it('is forgotten by the server after a day', async () => {
    await post(ADA, 'key-1');
    const keys = api.database.db.collection<{ expiresAt: Date }>('idempotency_keys');
    const stored = await keys.findOne();
    const hours = ((stored?.expiresAt.getTime() ?? 0) - Date.now()) / 3_600_000;
    expect(Math.round(hours)).toBe(24);
    const indexes = await keys.indexes();
    expect(indexes).toContainEqual(expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }));
  });
});

describe('a retry after a 503', () => {
  let server: MongodServer;
  let api: TestApplication;
  beforeAll(async () => {
    server = await MongodServer.start();
  });
  beforeEach(async () => {
    await withClient(async (client) => {
      await client.db('retries').dropDatabase();
      await client.db('retries').collection('contacts').createIndex({ email: 1 }, { unique: true });
    });
    api = await TestApplication.start({
      MONGODB_URI: server.uri('retries'),
      MONGODB_SERVER_SELECTION_TIMEOUT_MS: '1000',
      MONGODB_SOCKET_TIMEOUT_MS: '2000',
    });
    await api.until('/health/startup', 200);
  });
  afterEach(async () => api?.stop());
  afterAll(async () => server?.stop());

  const withClient = async <R>(use: (client: mongo.MongoClient) => Promise<R>): Promise<R> => {
    const client = new mongo.MongoClient(server.uri('retries'));
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  };
  const post = async (key: string) =>
    api.request('/contacts', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(ADA),
    });
  const count = async () =>
    withClient(async (client) => client.db('retries').collection('contacts').countDocuments());
  const untilCreated = async (key: string): Promise<Response> => {
    for (;;) {
      const answer = await post(key);
      if (answer.status !== 503) return answer;
      await sleep(50);
    }
  };

  it('finds what was stored without an answer', async () => {
    // The write concern fails: the contact is there, and the service cannot know whether it will stay.
    await server.failPoint({
      mode: { times: 1 },
      failCommands: ['insert'],
      writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' },
    });
    const first = await post('key-1');
    expect(first.status).toBe(503);
    expect(first.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await count()).toBe(1);
    const second = await post('key-1');
    expect([second.status, (await contactOf(second)).email]).toEqual([201, ADA.email]);
    expect(await count()).toBe(1);
  });

  it('makes one when the database is killed in the middle', async () => {
    const keys = Array.from({ length: 8 }, (_, i) => `key-${i}`);
    // Eight clients of the same contact, each with a key of its own, while the server dies under them.
    const sent = keys.map(async (key) => post(key).then(({ status }) => status));
    await server.kill();
    const statuses = await Promise.all(sent);
    await server.restart();
    await api.until('/health/ready', 200);
    const retried = await Promise.all(keys.map(async (key) => (await untilCreated(key)).status));
    expect(await count()).toBe(1);
    expect(retried.filter((status) => status === 201)).toHaveLength(1);
    expect(retried.filter((status) => status === 409)).toHaveLength(7);
    // Who was told that it is there is told so again.
    for (const [index, status] of statuses.entries()) if (status !== 503) expect(retried[index]).toBe(status);
  });

  it('makes one of one key, however often the database is killed', async () => {
    for (let round = 0; round < 3; round += 1) {
      const sent = Array.from({ length: 5 }, async () => post('key-1').then(({ status }) => status));
      await sleep(round * 5);
      await server.kill();
      const statuses = await Promise.all(sent);
      expect(statuses.filter((status) => ![201, 503].includes(status))).toEqual([]);
      await server.restart();
      await api.until('/health/ready', 200);
    }
    const answer = await untilCreated('key-1');
    expect(answer.status).toBe(201);
    expect(await count()).toBe(1);
  });
});
