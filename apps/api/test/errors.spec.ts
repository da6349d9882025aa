import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { TestApplication } from '../../../test/support/application.ts';
import { expectSafeHeaders } from './safe-headers.ts';

let server: MongodServer;
let api: TestApplication;
beforeAll(async () => {
  server = await MongodServer.start();
  api = await TestApplication.start({
    MONGODB_URI: server.uri('errors'),
    DIAGNOSTICS_RATE_PER_MINUTE: '1000',
  });
  await api.until('/health/startup', 200);
});
afterAll(async () => {
  await api?.stop();
  await server?.stop();
});

interface RawAnswer {
  status: number;
  type: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A request that `fetch` would not send. */
async function raw(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  const { hostname, port } = new URL(api.url);
  return new Promise<RawAnswer>((resolve, reject) => {
    const request = httpRequest({
      hostname,
      port,
      path,
      method: options.method ?? 'GET',
      headers: options.headers,
    });
    request.on('error', reject).on('response', (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      const { statusCode: status = 0, headers } = answer;
      answer.on('end', () => resolve({ status, type: headers['content-type'], headers, body }));
    });
    request.end(options.body);
  });
}

describe('errors', () => {
  it.each([
    [404, 'NOT_FOUND', '/nothing-here?password=1', {}],
    [405, 'METHOD_NOT_ALLOWED', '/health', { method: 'POST' }],
    [405, 'METHOD_NOT_ALLOWED', '/contacts/export?x=1', { method: 'POST' }],
    [405, 'METHOD_NOT_ALLOWED', '/contacts', { method: 'QUERY' }],
    [405, 'METHOD_NOT_ALLOWED', '/contacts', { method: 'TRACE' }],
    [
      405,
      'METHOD_NOT_ALLOWED',
      '/health',
      { method: 'QUERY', headers: { 'content-type': 'application/x-ndjson' }, body: 'x' },
    ],
    [404, 'NOT_FOUND', '/contacts/1/2', {}],
    [400, 'BAD_REQUEST', '/%zz', {}],
    [
      400,
      'BAD_REQUEST',
      '/health',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":' },
    ],
    [
      413,
      'PAYLOAD_TOO_LARGE',
      '/health',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: 'x'.repeat(2_097_152) },
    ],
    [431, 'REQUEST_HEADER_FIELDS_TOO_LARGE', '/health', { headers: { 'x-large': 'x'.repeat(20_000) } }],
  ])('answers %i %s as a problem document', async (status, code, path, options) => {
    const answer = await raw(path, options);
    expect([answer.status, answer.type]).toEqual([status, 'application/problem+json; charset=utf-8']);
    const problem = JSON.parse(answer.body) as Record<string, unknown>;
    expect(problem).toMatchObject({ status, code, title: expect.any(String), detail: expect.any(String) });
    expect(problem.type).toBe(`urn:openai-outreach:problem:${code.toLowerCase().replaceAll('_', '-')}`);
    expect(answer.body).not.toMatch(/password|FST_|node_modules/);
  });

  it.each([
    ['a duplicate key', { errorCode: 11000 }],
    ['a validator', { errorCode: 121 }],
    ['a lack of rights', { errorCode: 13 }],
    ['a time limit', { errorCode: 50 }],
    ['a step-down', { errorCode: 189 }],
    ['a lost connection', { closeConnection: true }],
    ['something unknown', { errorCode: 8 }],
  ])('A25: says nothing of the driver, the host or the collection after %s', async (_, fault) => {
    await server.failPoint({ failCommands: ['insert'], ...fault });
    try {
      const answer = await api.request('/mongodb-test');
      expect(answer.status).toBe(503);
      const body = await answer.text();
      expect(body).not.toMatch(
        /127\.0\.0\.1|localhost|mongodb:\/\/|test_documents|fail(point|command)| {4}at /i,
      );
      expect(body).not.toMatch(/E11000|Mongo(?!DB)[A-Z]/);
    } finally {
      await server.clearFailPoint();
    }
  });
});

describe('A30: headers', () => {
  const large = { headers: { 'x-large': 'x'.repeat(20_000) } };
  const text = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' };
  it.each<[number, string, RequestInit?]>([
    [200, '/health'],
    [200, '/health', { method: 'HEAD' }],
    [200, '/health/ready'],
    [200, '/metrics'],
    [200, '/mongodb-test'],
    [200, '/contacts'],
    [200, '/contacts', { method: 'HEAD' }],
    [200, '/contacts/export'],
    [200, '/docs'],
    [308, '/docs/', { redirect: 'manual' }],
    [200, '/docs/swagger-ui.css'],
    [200, '/docs-json'],
    [200, '/status'],
    [200, '/status/data'],
    [200, '/status/public/base.css'],
    [404, '/nothing-here'],
    [404, '/nothing-here', { method: 'HEAD' }],
    [405, '/contacts', { method: 'OPTIONS' }],
    [415, '/contacts', text],
    [431, '/health', large],
    [400, '/%zz'],
  ])('are set on the %i of %s', async (status, path, init = {}) => {
    const answer = await api.request(path, init);
    expect(answer.status).toBe(status);
    expectSafeHeaders(answer);
  });

  it('are set on what is created, has not changed, is written by lines or is gone', async () => {
    const json = { 'content-type': 'application/json' };
    const body = '{"email":"ada@example.org"}';
    const created = await api.request('/contacts', { method: 'POST', headers: json, body });
    const [path, etag] = [created.headers.get('location'), created.headers.get('etag') ?? ''];
    const kept = await api.request(`${path}`, { headers: { 'if-none-match': etag } });
    const lines = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body };
    const written = await api.request('/contacts/import', lines);
    const gone = await api.request(`${path}`, { method: 'DELETE', headers: { 'if-match': etag } });
    const answers = [created, kept, written, gone];
    expect(answers.map(({ status }) => status)).toEqual([201, 304, 200, 204]);
    answers.forEach(expectSafeHeaders);
  });

  it('carry the id of the request, the given one when it is a plain one', async () => {
    const given = await api.request('/metrics', { headers: { 'x-request-id': 'trace-1' } });
    expect(given.headers.get('x-request-id')).toBe('trace-1');
    const odd = await api.request('/metrics', { headers: { 'x-request-id': '"><script>' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
