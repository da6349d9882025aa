import { request as httpRequest, type IncomingMessage } from 'node:http';
import { mongo } from 'mongoose';
import { TestApplication } from '../../../test/support/application.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { ContactsApi, problemOf, type ContactJson } from './contacts-api.ts';

interface ReportJson {
  inserted: number;
  failed: number;
  errors: { line: number; code: string; detail: string }[];
}

let api: ContactsApi;
beforeAll(async () => {
  api = await ContactsApi.start();
});
afterEach(async () => api.database.clear());
afterAll(async () => api?.stop());

const contactLine = (index: number) => `{"email":"p${index}@example.org","name":"Person ${index}"}\n`;
const reportOf = async (answer: Response) => (await answer.json()) as ReportJson;

describe('POST /contacts/import', () => {
  it('writes what it can, and tells of each line that it cannot', async () => {
    await api.create({ email: 'ada@example.org' });
    const lines = [
      '{"email":"eve@example.org","tags":["x"]}',
      '',
      '{"email":"ADA@example.org"}',
      '{"email":"bob@example.org"',
      '  \t',
      '{"email":"bob@example.org","role":"admin"}\r',
      '[]',
      '{"email":"eve@example.org"}',
      `{"email":"long@example.org","notes":"${'x'.repeat(300_000)}"}`,
      `${'['.repeat(30)}${']'.repeat(30)}`,
      '{"__proto__":{"email":"p@example.org"},"email":"q@example.org"}',
      '{"email":"last@example.org"}',
    ];
    const answer = await api.importLines(lines.join('\n'));
    const report = await reportOf(answer);
    expect([answer.status, report.inserted, report.failed]).toEqual([200, 2, 8]);
    expect(report.errors.map(({ line, code }) => `${line} ${code}`)).toEqual([
      '3 DUPLICATE_KEY',
      '4 LINE_NOT_JSON',
      '6 INPUT_INVALID',
      '7 INPUT_INVALID',
      '8 DUPLICATE_KEY',
      '9 LINE_TOO_LONG',
      '10 LINE_NOT_JSON',
      '11 INPUT_INVALID',
    ]);
    expect(report.errors[2]?.detail).toBe('Some fields are not valid: role is not a field that can be set');
    expect(await api.collection.countDocuments()).toBe(3);
  });

  it('cuts lines wherever the network has cut them', async () => {
    const bytes = Buffer.from(
      `${contactLine(1)}\n{"email":"ü@example.org"}\n${contactLine(2)}{"email":"p3@example.org"}`,
    );
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    const answer = await api.importLines(ReadableStream.from(pieces) as never);
    expect(await reportOf(answer)).toEqual({
      inserted: 3,
      failed: 1,
      errors: [
        {
          line: 3,
          code: 'INPUT_INVALID',
          detail: 'Some fields are not valid: email must be an e-mail address',
        },
      ],
    });
  });

  it('refuses bytes that are no text', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"email":"a@example.org","name":"'),
      Buffer.of(0xff),
      Buffer.from('"}'),
    ]);
    const { errors } = await reportOf(await api.importLines(bytes as never));
    expect(errors).toMatchObject([{ line: 1, code: 'LINE_NOT_TEXT' }]);
  });

  it('takes many lines, and tells the refusals in their order', async () => {
    const total = 20_000;
    let taken = 0;
    const source = function* () {
      for (; taken < total; taken += 100) {
        const group = Array.from({ length: 100 }, (_, i) => contactLine((taken + i) % 19_000));
        yield Buffer.from(group.join(''));
      }
    };
    const report = await reportOf(await api.importLines(ReadableStream.from(source()) as never));
    expect([report.inserted, report.failed, report.errors.length]).toEqual([19_000, 1_000, 1_000]);
    expect(report.errors[0]).toMatchObject({ line: 19_001, code: 'DUPLICATE_KEY' });
    expect(await api.collection.countDocuments()).toBe(19_000);
  });

  it.each([
    ['application/json', '{"email":"ada@example.org"}', 415],
    ['text/plain', 'x', 415],
    ['application/jsonl', '', 200],
    ['application/x-ndjson; charset=utf-8', '\n\n', 200],
  ])('answers %s with %j by %i', async (type, body, status) => {
    const answer = await api.request('/contacts/import', {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(answer.status).toBe(status);
  });

  it('keeps nothing of a client that leaves in the middle of a line', async () => {
    const { port } = new URL(api.application.url);
    const headers = { 'content-type': 'application/x-ndjson' };
    const request = httpRequest({ port, method: 'POST', path: '/contacts/import', headers });
    request.on('error', () => undefined);
    request.write('{"email":"half@exam');
    await new Promise((resolve) => request.once('socket', (socket) => socket.once('connect', resolve)));
    request.destroy();
    expect((await api.post({ email: 'ada@example.org' })).status).toBe(201);
    expect(await api.collection.countDocuments()).toBe(1);
  });
});

describe('GET /contacts/export', () => {
  const fill = async (count: number, notes = 'x') => {
    const at = new Date();
    const documents = Array.from({ length: count }, (_, i) => ({
      email: `p${i}@example.org`,
      tags: [],
      status: i % 2 === 0 ? 'new' : 'replied',
      notes,
      createdAt: at,
      updatedAt: at,
      version: 0,
    }));
    await api.collection.insertMany(documents);
  };

  it('has every contact on a line, as it is answered otherwise', async () => {
    await fill(2_500);
    const answer = await api.request('/contacts/export');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const lines = (await answer.text()).split('\n');
    expect(lines.pop()).toBe('');
    const contacts = lines.map((line) => JSON.parse(line) as ContactJson);
    expect(new Set(contacts.map(({ email }) => email)).size).toBe(2_500);
    const [first] = contacts;
    expect(await (await api.request(`/contacts/${first?.id}`)).json()).toEqual(first);
  });

  it('takes the filters of the list', async () => {
    await fill(10);
    const text = await (await api.request('/contacts/export?status=replied')).text();
    expect(text.trim().split('\n')).toHaveLength(5);
    expect(await (await api.request('/contacts/export?tag=none')).text()).toBe('');
    expect((await api.request('/contacts/export?limit=1')).status).toBe(400);
  });

  it('reads nothing for a HEAD', async () => {
    const answer = await api.request('/contacts/export', { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'application/x-ndjson; charset=utf-8',
    ]);
  });

  it('is what an import takes, but for what the service sets itself', async () => {
    await fill(3);
    const text = await (await api.request('/contacts/export')).text();
    await api.database.clear();
    const own = ['id', 'createdAt', 'updatedAt'];
    const lines = text
      .trim()
      .split('\n')
      .map((line) =>
        JSON.stringify(JSON.parse(line, (key, value: unknown) => (own.includes(key) ? undefined : value))),
      );
    expect(await reportOf(await api.importLines(lines.join('\n')))).toMatchObject({ inserted: 3, failed: 0 });
  });

  it('closes the cursor when the client leaves', async () => {
    // More than two batches of the server.
    await fill(4_000, 'x'.repeat(10_000));
    const client = new mongo.MongoClient(api.database.uri);
    const pipeline = [
      { $currentOp: { idleCursors: true } },
      { $match: { type: 'idleCursor', ns: `${api.database.name}.contacts` } },
    ];
    const open = async () => (await client.db('admin').aggregate(pipeline).toArray()).length;
    try {
      const answer = await get(`${api.application.url}/contacts/export`);
      answer.pause();
      expect(await waitUntil(async () => (await open()) === 1)).toBe(true);
      answer.destroy();
      expect(await waitUntil(async () => (await open()) === 0)).toBe(true);
    } finally {
      await client.close();
    }
  });
});

describe('while the database fails', () => {
  let server: MongodServer;
  let own: TestApplication;
  beforeAll(async () => {
    server = await MongodServer.start();
    const client = new mongo.MongoClient(server.uri('lines'));
    const contacts = client.db('lines').collection('contacts');
    const at = new Date();
    await contacts.createIndex({ email: 1 }, { unique: true });
    await contacts.insertMany(
      Array.from({ length: 5_000 }, (_, i) => ({
        email: `p${i}@example.org`,
        status: 'new',
        notes: 'x'.repeat(500),
        createdAt: at,
        updatedAt: at,
        version: 0,
      })),
    );
    await client.close();
    own = await TestApplication.start({ MONGODB_URI: server.uri('lines') });
    await own.until('/health/startup', 200);
  });
  afterEach(async () => server.clearFailPoint());
  afterAll(async () => {
    await own?.stop();
    await server?.stop();
  });

  it('answers a problem to an export that has not begun', async () => {
    await server.failPoint({ failCommands: ['find'], errorCode: 50 });
    const answer = await own.request('/contacts/export');
    expect([answer.status, (await problemOf(answer)).code]).toEqual([503, 'DATABASE_TIMEOUT']);
  });

  it('cuts the connection of an export that is under way, so that it is not taken for complete', async () => {
    await server.failPoint({ failCommands: ['getMore'], errorCode: 50 });
    const answer = await own.request('/contacts/export');
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
  });

  it('answers a problem to an import, and takes all of it again later', async () => {
    const lines = Array.from({ length: 3_000 }, (_, i) => contactLine(10_000 + i)).join('');
    const send = async () =>
      own.request('/contacts/import', {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: lines,
      });
    await server.failPoint({ mode: { skip: 1 }, failCommands: ['insert'], errorCode: 91 });
    const answer = await send();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await problemOf(answer)).code).toBe('DATABASE_UNAVAILABLE');
    await server.clearFailPoint();
    const { inserted, failed } = await reportOf(await send());
    expect(inserted + failed).toBe(3_000);
    const found = await (await own.request('/contacts?email=p10000@example.org&count=exact')).json();
    expect(found).toMatchObject({ total: 1 });
  });
});

async function get(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest(url).on('error', reject).on('response', resolve).end();
  });
}
