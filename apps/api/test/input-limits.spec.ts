import { Agent, request as httpRequest, type RequestListener } from 'node:http';
import { ContactsApi, problemOf } from './contacts-api.ts';

const TWO_MIB = 2_097_152;
const UNKNOWN = 'aaaaaaaaaaaaaaaaaaaaaaaa';

let api: ContactsApi;
let routes: { method: string; path: string }[];
beforeAll(async () => {
  api = await ContactsApi.start();
  const document = (await (await api.request('/docs-json')).json()) as { paths: Record<string, object> };
  routes = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace('{id}', UNKNOWN),
    })),
  );
});
afterAll(async () => api?.stop());

describe('A24: what is too large', () => {
  it.each([
    ['POST', '/contacts', 'application/json'],
    ['PUT', `/contacts/${UNKNOWN}`, 'application/json'],
    ['PATCH', `/contacts/${UNKNOWN}`, 'application/json'],
    ['PATCH', `/contacts/${UNKNOWN}`, 'application/merge-patch+json'],
    ['DELETE', `/contacts/${UNKNOWN}`, 'application/json'],
  ])('a body of 2 MiB for %s %s as %s', async (method, path, type) => {
    const body = JSON.stringify({ email: 'e@example.org', notes: 'x'.repeat(TWO_MIB) });
    const answer = await api.send(method, path, body, { 'content-type': type, 'if-match': '*' });
    expect([answer.status, (await problemOf(answer)).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  it('headers of 20 kB, on every route', async () => {
    expect(routes.length).toBeGreaterThanOrEqual(16);
    for (const { method, path } of routes)
      expect([method, path, await statusWithHeader(method, path)]).toEqual([method, path, 431]);
  });

  it('a line of 2 MiB, of which the others know nothing', async () => {
    const lines = ['{"email":"one@example.org"}', `"${'x'.repeat(TWO_MIB)}"`, '{"email":"two@example.org"}'];
    const answer = await api.importLines(lines.join('\n'));
    expect(await answer.json()).toMatchObject({
      inserted: 2,
      failed: 1,
      errors: [{ line: 2, code: 'LINE_TOO_LONG' }],
    });
  });

  it('a hundred bodies of 2 MiB at once leave the service as it was', async () => {
    const body = JSON.stringify({ email: 'e@example.org', notes: 'x'.repeat(TWO_MIB) });
    const answers = await Promise.all(Array.from({ length: 100 }, async () => api.post(body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([413]));
    expect((await api.request('/health')).status).toBe(200);
    expect((await api.post({ email: 'after@example.org' })).status).toBe(201);
  });
});

describe('A24: how long a connection may be silent, in milliseconds', () => {
  /** Of each request, when it comes, when its answer is complete, and for the client to take that. */
  async function timeoutsOf(...paths: string[]): Promise<(number | undefined)[][]> {
    const server = api.application.app.getHttpServer();
    const seen: (number | undefined)[][] = [];
    const observe: RequestListener = ({ socket }, answer) => {
      const timeouts = [socket.timeout];
      seen.push(timeouts);
      answer.once('prefinish', () => timeouts.push(socket.timeout));
      answer.prependOnceListener('prefinish', () => timeouts.push(socket.timeout));
    };
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    server.on('request', observe);
    try {
      for (const path of paths)
        await new Promise((resolve, reject) => {
          const request = httpRequest(`${api.application.url}${path}`, { agent }, (answer) =>
            answer.resume().on('end', resolve),
          );
          request.on('error', reject).end();
        });
    } finally {
      server.off('request', observe);
      agent.destroy();
    }
    return seen;
  }

  it('also for the later requests of a connection', async () => {
    const usual = [120_000, 120_000, 30_000];
    expect(await timeoutsOf('/contacts', '/contacts')).toEqual([usual, usual]);
  });

  it('while an export waits for the database, as long as the database may take', async () => {
    expect(await timeoutsOf('/contacts/export')).toEqual([[120_000, 600_000, 30_000]]);
  });
});

async function statusWithHeader(method: string, path: string): Promise<number | undefined> {
  const { port } = new URL(api.application.url);
  return new Promise((resolve, reject) => {
    httpRequest({ port, method, path, headers: { 'x-large': 'x'.repeat(20_000) } })
      .on('error', reject)
      .on('response', (answer) => resolve(answer.resume().statusCode))
      .end();
  });
}
