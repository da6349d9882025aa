import { connect, type Socket } from 'node:net';
import { DatabaseConnection } from '#database';
import { TestApplication } from '../../../test/support/application.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { ANSWERS } from '../src/http/bound-answers.ts';
import { LONG_PAGES, MAX_LONG_PAGES } from '../src/http/resource/long-pages.ts';

/** Those that have to wait: together with the others more than the pool could serve. */
const WAITING = MAX_LONG_PAGES;
const POOL_SIZE = MAX_LONG_PAGES + 10;
const BLOCKED_MS = 3_000;

let server: MongodServer;
let api: TestApplication;
let sockets: Socket[];
beforeAll(async () => {
  server = await MongodServer.start();
  const MONGODB_MAX_POOL_SIZE = String(POOL_SIZE);
  api = await TestApplication.start({ MONGODB_URI: server.uri('app'), MONGODB_MAX_POOL_SIZE });
  await api.until('/health/ready', 200);
  // Reads the key of the cursors, once.
  await api.until('/contacts', 200);
});
afterAll(async () => {
  await api?.stop();
  await server?.stop();
});
beforeEach(async () => {
  sockets = [];
  await server.failPoint({ failCommands: ['find'], blockConnection: true, blockTimeMS: BLOCKED_MS });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server.clearFailPoint();
});

/** Asks for so many long pages over one connection, together. */
function ask(pages: number): { statuses: () => string[]; leave: () => void } {
  const requests = Array.from(
    { length: pages },
    (_, n) => `GET /contacts?limit=100&email=a${n}@example.org HTTP/1.1\r\nHost: x\r\n\r\n`,
  );
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.write(requests.join(''));
  return {
    statuses: () => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => String(status)),
    leave: () => socket.destroy(),
  };
}

it('leaves connections for everything else while many long pages are asked for', async () => {
  const clients = [ask(MAX_LONG_PAGES), ask(WAITING)];
  const statuses = (): string[] => clients.flatMap((client) => client.statuses());
  expect(await waitUntil(() => LONG_PAGES.waiting === WAITING)).toBe(true);
  const connection = api.app.get(DatabaseConnection);
  // Connections are opened two at a time.
  expect(await waitUntil(() => connection.pool.waiting === 0)).toBe(true);
  expect(LONG_PAGES.waiting).toBe(WAITING);
  const created = await api.request('/contacts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"email":"between@example.org"}',
  });
  expect([created.status, statuses()]).toEqual([201, []]);
  await server.clearFailPoint();
  await waitUntil(() => statuses().length === MAX_LONG_PAGES + WAITING);
  expect(statuses()).toEqual(Array.from({ length: MAX_LONG_PAGES + WAITING }, () => '200'));
});

it('reads no page for a client that went while it waited', async () => {
  const held = Promise.withResolvers<void>();
  const { signal } = new AbortController();
  const first = Array.from({ length: MAX_LONG_PAGES }, async () =>
    LONG_PAGES.read(signal, () => held.promise),
  );
  // Its wait would end before theirs.
  const patient = ask(1);
  expect(await waitUntil(() => LONG_PAGES.waiting === 1)).toBe(true);
  const clients = [ask(1), ask(1), ask(3)];
  expect(await waitUntil(() => LONG_PAGES.waiting === 6)).toBe(true);
  for (const client of clients) client.leave();
  expect(await waitUntil(() => LONG_PAGES.waiting === 1)).toBe(true);
  expect(patient.statuses()).toEqual([]);
  held.resolve();
  await Promise.all(first);
  expect(await waitUntil(() => patient.statuses().length > 0)).toBe(true);
  expect(patient.statuses()).toEqual(['200']);
});

it('reads no long page while answers that are not taken leave no room for it', async () => {
  await server.failPoint({ failCommands: ['find'], errorCode: 50 });
  const codes = async (): Promise<string[]> =>
    Promise.all(
      [100, 20].map(async (limit) => {
        const answer = await api.request(`/contacts?limit=${limit}`);
        return ((await answer.json()) as { code: string }).code;
      }),
    );
  const untaken = {};
  ANSWERS.count(untaken, 24_500_000);
  expect(await codes().finally(() => ANSWERS.giveBack(untaken))).toEqual([
    'TOO_MANY_ANSWERS',
    'DATABASE_TIMEOUT',
  ]);
  expect(await codes()).toEqual(['DATABASE_TIMEOUT', 'DATABASE_TIMEOUT']);
});
