import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { TestApplication } from '../../../test/support/application.ts';
import { expectFigure } from '../../../test/support/figures.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';

const TOKEN = 'a-token-of-32-characters-for-tests';
const RATE = 5;
const AT_ONCE = 20;

/** Ways to write a path that some server or proxy takes for the path itself. */
const spellings = (path: string): string[] => [
  path,
  `${path}/`,
  `${path}//`,
  `/${path}`,
  `/.${path}`,
  `/x/..${path}`,
  `/%2e${path}`,
  `/x/%2e%2e${path}`,
  path.toUpperCase(),
  path.replace('/m', '/%6d').replace('/s', '/%73'),
  path.replace('/', '/%2f'),
  path.replace('/', '\\'),
  `${path};x`,
  `${path};/x`,
  `${path}?`,
  `${path}?_method=GET`,
  `${path}#x`,
  `${path}%00`,
  `${path}%20`,
  `${path}.json`,
  `http://x${path}`,
  `http://x:1@y${path}`,
];
const TARGETS = ['/mongodb-test', '/status/data'].flatMap(spellings);
const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
  'PROPFIND',
  'TRACE',
  'get',
];
const BODIES = [
  '',
  'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
  'Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx',
  'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\n_method=GET',
  'Content-Type: a/b; charset="\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
];
/** Said of a request that is none of the guarded ones, so that somebody behind the guard would take it for one. */
const OVERRIDES = [
  'X-Original-URL: /mongodb-test',
  'X-Rewrite-URL: /mongodb-test',
  'X-Forwarded-Path: /mongodb-test',
  'X-HTTP-Method-Override: GET',
  'X-HTTP-Method: GET',
  'X-Method-Override: GET',
];
const AUTHORIZATIONS = [
  'Bearer',
  'Bearer ',
  `Bearer ${TOKEN}x`,
  `Bearer ${TOKEN.slice(0, -1)}`,
  `Bearer ${TOKEN.toUpperCase()}`,
  `Bearer x ${TOKEN}`,
  `Bearer ${TOKEN}, Bearer x`,
  `Basic ${Buffer.from(`:${TOKEN}`).toString('base64')}`,
  `Token ${TOKEN}`,
  TOKEN,
  `x\r\nAuthorization: Bearer ${TOKEN}`,
  `x\r\nProxy-Authorization: Bearer ${TOKEN}`,
  `x\r\nCookie: Authorization=Bearer ${TOKEN}`,
];

let database: TestDatabase;
let api: TestApplication;
beforeAll(async () => {
  database = await TestDatabase.start();
  api = await TestApplication.start({
    NODE_ENV: 'production',
    MONGODB_URI: database.uri,
    MONGODB_ALLOW_NO_AUTH: 'true',
    SHUTDOWN_DRAIN_MS: '0',
    DIAGNOSTICS_TOKEN: TOKEN,
    DIAGNOSTICS_RATE_PER_MINUTE: String(RATE),
  });
  await api.until('/health/startup', 200);
});
afterEach(async () => database.clear());
afterAll(async () => {
  await api?.stop();
  await database?.stop();
});

interface Answer {
  request: string;
  /** 0 when there was none. */
  status: number;
}

/** Sends bytes as they are, which no client of HTTP does. */
async function send(request: string): Promise<Answer> {
  const { port } = new URL(api.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(request);
  const answer = await text(socket).catch(() => '');
  return { request, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0) };
}

async function sendAll(requests: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < requests.length; start += AT_ONCE)
    answers.push(...(await Promise.all(requests.slice(start, start + AT_ONCE).map(send))));
  return answers;
}

/** @param rest - Further headers, and a body behind an empty line */
function requestOf(method: string, target: string, rest = ''): string {
  const end = rest.includes('\r\n\r\n') ? rest : `${rest}${rest === '' ? '' : '\r\n'}\r\n`;
  return `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${end}`;
}

const countDocuments = async (): Promise<number> => database.db.collection('test_documents').countDocuments();

async function expectKeptOut(what: string, requests: readonly string[]): Promise<void> {
  const answers = await sendAll(requests);
  const inside = answers.filter(({ status }) => status >= 200 && status < 300);
  expect(inside).toEqual([]);
  expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  expect(await countDocuments()).toBe(0);
  expectFigure({
    row: 'A28',
    what: `${requests.length} ${what}, without the token: let in`,
    value: inside.length,
    unit: '',
    limit: 0,
  });
}

describe('A28: what is guarded', () => {
  it('is so in every spelling, by every method and with every content type', async () => {
    const requests = TARGETS.flatMap((target) =>
      METHODS.flatMap((method) => BODIES.map((body) => requestOf(method, target, body))),
    );
    await expectKeptOut('spellings', requests);
  });

  it('is so whatever headers say of path, method and caller', async () => {
    const guarded = ['/mongodb-test', '/status/data'];
    const requests = [
      ...OVERRIDES.flatMap((header) =>
        ['GET', 'POST'].flatMap((method) =>
          [...guarded, '/none'].map((path) => requestOf(method, path, header)),
        ),
      ),
      ...AUTHORIZATIONS.flatMap((value) =>
        guarded.map((path) => requestOf('GET', path, `Authorization: ${value}`)),
      ),
    ];
    await expectKeptOut('headers', requests);
  });

  it('counts every spelling of the path that it answers', async () => {
    const authorized = `Authorization: Bearer ${TOKEN}`;
    const requests = spellings('/mongodb-test').flatMap((target) => [
      ...OVERRIDES.map((header) => requestOf('GET', target, `${authorized}\r\n${header}`)),
      ...BODIES.map((body) =>
        requestOf('GET', target, body === '' ? authorized : `${authorized}\r\n${body}`),
      ),
    ]);
    const answers = await sendAll(requests);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(RATE);
    expectFigure({
      row: 'A28',
      what: `documents after ${requests.length} spellings with the token`,
      value: await countDocuments(),
      unit: '',
      limit: RATE,
    });
  });
});
