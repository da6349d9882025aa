import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { mongo } from 'mongoose';
import { TestApplication } from '../../../test/support/application.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { ContactsRepository } from '../src/contacts/contacts.repository.ts';
import { PROBLEMS, type ProblemCode } from '../src/http/problem-codes.ts';
import { toProblemKind } from '../src/http/problem-kinds.ts';
import { toProblem } from '../src/http/problem.ts';
import { LONG_PAGES, MAX_LONG_PAGES } from '../src/http/resource/long-pages.ts';
import { OpenAnswers } from './open-answers.ts';
import { OpenBodies } from './open-bodies.ts';
import { fillContacts, OpenExports } from './open-exports.ts';
import { OpenImports } from './open-imports.ts';
import { expectSafeHeaders } from './safe-headers.ts';

const PAGE = resolve(import.meta.dirname, '../../../docs/errors.md');
const TOKEN = 'a-token-for-the-table-of-errors';
const JSON_TYPE = { 'content-type': 'application/json' };
const ADA = '{"email":"ada@example.org"}';

let server: MongodServer;
let api: TestApplication;
let contacts: mongo.Collection;
let client: mongo.MongoClient;
beforeAll(async () => {
  server = await MongodServer.start();
  client = new mongo.MongoClient(server.uri('table'));
  contacts = client.db('table').collection('contacts');
  await contacts.createIndex({ email: 1 }, { unique: true });
  api = await TestApplication.start({
    MONGODB_URI: server.uri('table'),
    NODE_ENV: 'production',
    MONGODB_ALLOW_NO_AUTH: 'true',
    SHUTDOWN_DRAIN_MS: '0',
    DIAGNOSTICS_TOKEN: TOKEN,
    DIAGNOSTICS_RATE_PER_MINUTE: '1',
  });
  await api.until('/health/startup', 200);
});
beforeEach(async () => contacts.deleteMany({}));
afterEach(async () => {
  await server.clearFailPoint();
  await client.db('table').command({ collMod: 'contacts', validator: {} });
});
afterAll(async () => {
  await api?.stop();
  await client?.close();
  await server?.stop();
});

const get = async (path: string, headers: Record<string, string> = {}) => api.request(path, { headers });
const send = async (method: string, path: string, body: string, headers: Record<string, string> = {}) =>
  api.request(path, { method, headers: { ...JSON_TYPE, ...headers }, body });
const create = async (headers: Record<string, string> = {}) => send('POST', '/contacts', ADA, headers);
const created = async () => ((await (await create()).json()) as { id: string }).id;
const failing = async (errorCode: number, request: () => Promise<Response>) => {
  await server.failPoint({ failCommands: ['find', 'insert'], errorCode });
  return request();
};
const UNKNOWN = `/contacts/${new mongo.ObjectId().toHexString()}`;

/** Without a request, and so without the headers of an answer. */
const TOLD: readonly ProblemCode[] = ['FILTER_INVALID', 'REQUEST_TIMEOUT'];

/** A request for each row of the table; the compiler asks for every one. */
const WAYS: Record<ProblemCode, () => Promise<Response>> = {
  BAD_REQUEST: async () => send('POST', '/contacts', '{"email":'),
  INPUT_INVALID: async () => send('POST', '/contacts', '{}'),
  DOCUMENT_INVALID: async () => {
    await client.db('table').command({ collMod: 'contacts', validator: { name: { $exists: true } } });
    return create();
  },
  // Nothing gets as far as this: what comes in is checked before it is a filter.
  FILTER_INVALID: async () => {
    const repository = api.app.get(ContactsRepository, { strict: false });
    const reading = repository.findOne({ lastContactedAt: 'never' as never });
    return answerTo(await reading.catch((error: unknown) => error));
  },
  CURSOR_INVALID: async () => get('/contacts?cursor=x'),
  PAGE_SORT_INVALID: async () => {
    await contacts.insertOne({ email: 'a@example.org', name: ['x'] });
    return get('/contacts?sort=name');
  },
  IDEMPOTENCY_KEY_INVALID: async () => create({ 'idempotency-key': 'ä' }),
  UNAUTHORIZED: async () => get('/mongodb-test'),
  NOT_FOUND: async () => get('/nothing'),
  DOCUMENT_NOT_FOUND: async () => get(UNKNOWN),
  METHOD_NOT_ALLOWED: async () => send('PUT', '/contacts', ADA),
  // Half a minute, so it is told and not waited for.
  REQUEST_TIMEOUT: async () => answerTo({ statusCode: 408 }),
  DUPLICATE_KEY: async () => {
    await create();
    return create();
  },
  VERSION_CONFLICT: async () => send('PATCH', `/contacts/${await created()}`, '{}', { 'if-match': '"9"' }),
  PAYLOAD_TOO_LARGE: async () => send('POST', '/contacts', 'x'.repeat(2_097_152)),
  UNSUPPORTED_MEDIA_TYPE: async () => send('POST', '/contacts', ADA, { 'content-type': 'text/plain' }),
  IDEMPOTENCY_KEY_REUSED: async () => {
    await create({ 'idempotency-key': 'key-1' });
    return send('POST', '/contacts', '{"email":"eve@example.org"}', { 'idempotency-key': 'key-1' });
  },
  PRECONDITION_REQUIRED: async () => send('PATCH', `/contacts/${await created()}`, '{}'),
  TOO_MANY_REQUESTS: async () => {
    const authorization = { authorization: `Bearer ${TOKEN}` };
    await get('/mongodb-test', authorization);
    return get('/mongodb-test', authorization);
  },
  REQUEST_HEADER_FIELDS_TOO_LARGE: async () => get('/contacts', { 'x-large': 'x'.repeat(20_000) }),
  INTERNAL_ERROR: async () => failing(8, async () => get(UNKNOWN)),
  DATABASE_UNAVAILABLE: async () => failing(91, create),
  DATABASE_TIMEOUT: async () => failing(50, async () => get('/contacts')),
  TOO_MANY_BODIES: async () => {
    const bodies = await OpenBodies.start(api.url);
    const answer = await send('POST', '/contacts', `{"email":"${'x'.repeat(700_000)}"}`);
    bodies.end();
    return answer;
  },
  TOO_MANY_ANSWERS: async () => {
    await fillContacts(contacts);
    const answers = await OpenAnswers.start(api.url);
    answers.end();
    return answers.refusal;
  },
  TOO_MANY_PAGES: async () => {
    const held = Promise.withResolvers<void>();
    const { signal } = new AbortController();
    const others = Array.from({ length: MAX_LONG_PAGES }, async () =>
      LONG_PAGES.read(signal, async () => held.promise),
    );
    const answer = await get('/contacts?limit=21').finally(() => held.resolve());
    await Promise.all(others);
    return answer;
  },
  TOO_MANY_IMPORTS: async () => {
    const imports = await OpenImports.start(api.url, contacts);
    const answer = await send('POST', '/contacts/import', '', { 'content-type': 'application/x-ndjson' });
    await imports.end();
    return answer;
  },
  TOO_MANY_EXPORTS: async () => {
    await fillContacts(contacts);
    const exports = await OpenExports.start(api.url);
    const answer = await get('/contacts/export');
    exports.end();
    return answer;
  },
};

describe('docs/errors.md', () => {
  it('has the codes that there are, with their statuses', async () => {
    const page = await readFile(PAGE, 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (\d{3}) /gm)].map(([, code, status]) => [
      code,
      Number(status),
    ]);
    expect(rows).toEqual(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]));
  });

  it.each(Object.keys(WAYS) as ProblemCode[])('A25, A30: %s is what a client gets', async (code) => {
    const answer = await WAYS[code]();
    const { status } = PROBLEMS[code];
    const text = await answer.text();
    expect([answer.status, answer.headers.get('content-type'), text]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
      expect.stringContaining(`"code":"${code}"`),
    ]);
    expect(JSON.parse(text)).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
    expectNothingOfTheInside(text);
    if (!TOLD.includes(code)) expectSafeHeaders(answer);
    if (status === 503 || status === 429) expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    if (status === 405) expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });
});

describe('A25: nothing of the inside is told', () => {
  it.each([
    ['an id', 'GET', '/contacts/no-id', 400],
    ['a number', 'GET', '/contacts?limit=many', 400],
    ['a date', 'POST', '/contacts', 400],
  ])('of %s that cannot be cast', async (_, method, path, status) => {
    const body = '{"email":"ada@example.org","lastContactedAt":"never"}';
    const answer = await (method === 'GET' ? get(path) : send(method, path, body));
    expect(answer.status).toBe(status);
    expectNothingOfTheInside(await answer.text());
    expectSafeHeaders(answer);
  });

  it('of a server that is not there', async () => {
    const port = await freePort();
    const alone = await TestApplication.start({
      MONGODB_URI: `mongodb://127.0.0.1:${port}/table`,
      MONGODB_SERVER_SELECTION_TIMEOUT_MS: '200',
    });
    try {
      for (const path of ['/contacts', '/contacts/export', UNKNOWN, '/mongodb-test']) {
        const answer = await alone.request(path);
        const text = await answer.text();
        expect([path, answer.status, text]).toEqual([path, 503, expect.not.stringContaining(`${port}`)]);
        expectNothingOfTheInside(text);
        expectSafeHeaders(answer);
      }
    } finally {
      await alone.stop();
    }
  });
});

describe('a client that sends no more', () => {
  it('does not keep a connection by the rest of a body', async () => {
    const { port } = new URL(api.url);
    const socket = connect(Number(port), '127.0.0.1');
    const closed = new Promise<void>((done) => socket.once('close', () => done()));
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    const lines = [
      'POST /nothing HTTP/1.1',
      'host: x',
      'content-type: text/plain',
      'content-length: 1000',
      '',
      'x',
    ];
    socket.write(lines.join('\r\n'));
    await closed;
    expect(received).toContain('HTTP/1.1 404 Not Found');
  });
});

function expectNothingOfTheInside(text: string): void {
  expect(text).not.toMatch(
    /127\.0\.0\.1|localhost|mongodb:|node_modules| {4}at |E11000|Mongo(?!DB)[A-Z]|email_1|FST_/,
  );
  expect(text).not.toMatch(/fail(point|command)|ada@|"table"|table\.contacts|ECONN|ObjectId|cast to/i);
}

async function answerTo(error: unknown): Promise<Response> {
  const kind = toProblemKind(error);
  const headers = { 'content-type': 'application/problem+json; charset=utf-8' };
  return new Response(JSON.stringify(toProblem(kind, '/contacts')), { status: kind.status, headers });
}
