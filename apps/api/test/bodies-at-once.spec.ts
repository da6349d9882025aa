import { waitUntil } from '../../../test/support/wait-until.ts';
import { MAX_CONNECTIONS } from '../src/http/limit-connections.ts';
import { ContactsApi, problemOf } from './contacts-api.ts';
import { OpenBodies } from './open-bodies.ts';

/** Has no place beside {@link OpenBodies}, and is refused for what is in it when it has. */
const LARGE = { email: 'large@example.org', notes: 'x'.repeat(700_000) };
const PROBES = ['/health', '/health/live', '/health/ready', '/health/startup'];

let api: ContactsApi;
let bodies: OpenBodies | undefined;
beforeAll(async () => {
  api = await ContactsApi.start();
});
afterEach(async () => {
  bodies?.end();
  await api.database.clear();
});
afterAll(async () => api?.stop());

/** As soon as there is room for all of them. */
async function fill(): Promise<OpenBodies> {
  const isFilled = async (): Promise<boolean> => {
    bodies = await OpenBodies.start(api.application.url).catch(() => undefined);
    return bodies !== undefined;
  };
  expect(await waitUntil(isFilled)).toBe(true);
  return bodies as OpenBodies;
}

describe('bodies at once', () => {
  it('are refused when they have no room beside others, and told when to try again', async () => {
    await fill();
    const known = await api.post(LARGE);
    const headers = { 'content-type': 'application/json' };
    const body = new Blob([JSON.stringify(LARGE)]).stream();
    const unknown = await api.request('/contacts', { method: 'POST', headers, body, duplex: 'half' });
    for (const answer of [known, unknown])
      expect([answer.status, answer.headers.get('retry-after'), (await problemOf(answer)).code]).toEqual([
        503,
        '2',
        'TOO_MANY_BODIES',
      ]);
  });

  it('leave room for small ones, for lines and for probes', async () => {
    await fill();
    expect((await api.post({ email: 'small@example.org' })).status).toBe(201);
    expect((await api.importLines('{"email":"line@example.org"}')).status).toBe(200);
    for (const path of PROBES) expect([path, (await api.request(path)).status]).toEqual([path, 200]);
  });

  it.each<[ending: string, end: (open: OpenBodies) => void]>([
    ['their clients have gone', (open) => open.end()],
    ['they are no JSON', (open) => open.complete('xx')],
    ['they are answered', (open) => open.complete('"}')],
  ])('have their room again when %s', async (_, end) => {
    const first = await fill();
    end(first);
    await fill();
    first.end();
  });
});

it('connections have a limit', () => {
  expect(api.application.app.getHttpServer().maxConnections).toBe(MAX_CONNECTIONS);
});
