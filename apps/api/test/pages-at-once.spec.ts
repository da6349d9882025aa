import { DatabaseConnection } from '#database';
import { TestApplication } from '../../../test/support/application.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { PAGES } from '../src/http/resource/page-places.ts';

/** Of each of them 100 documents. */
const LONG_PAGES = 150;
/** Those that there is room for. */
const AT_ONCE = 20;
const BLOCKED_MS = 1_000;

let server: MongodServer;
let api: TestApplication;
beforeAll(async () => {
  server = await MongodServer.start();
  api = await TestApplication.start({ MONGODB_URI: server.uri('app') });
  await api.until('/health/ready', 200);
  // Reads the key of the cursors, once.
  await api.until('/contacts', 200);
});
afterAll(async () => {
  await api?.stop();
  await server?.stop();
});

it('leaves connections for everything else while many long pages are asked for', async () => {
  await server.failPoint({ failCommands: ['find'], blockConnection: true, blockTimeMS: BLOCKED_MS });
  let answered = 0;
  const pages = Array.from({ length: LONG_PAGES }, async (_, n) => {
    const { status } = await api.request(`/contacts?limit=100&email=a${n}@example.org`);
    answered += 1;
    return status;
  });
  expect(await waitUntil(() => PAGES.waiting === LONG_PAGES - AT_ONCE)).toBe(true);
  const { pool } = api.app.get(DatabaseConnection);
  expect(pool.waiting).toBe(0);
  const created = await api.request('/contacts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"email":"between@example.org"}',
  });
  expect(created.status).toBe(201);
  expect(answered).toBeLessThan(LONG_PAGES);
  await server.clearFailPoint();
  expect(await Promise.all(pages)).toEqual(pages.map(() => 200));
});
