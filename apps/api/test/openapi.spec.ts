import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { TestApplication } from '../../../test/support/application.ts';
import { routesOf } from '../../../test/support/routes.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';
import { PROBLEMS } from '../src/http/problem-codes.ts';

const FILE = join(resolve(import.meta.dirname, '../../..'), 'openapi.json');
const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];

/** For people, and what they load. */
const PAGES = [
  'GET /docs',
  'GET /docs-json',
  'GET /docs/',
  'GET /docs/start.js',
  'GET /docs/{file}',
  'GET /status',
  'GET /status/data',
  'GET /status/public/{part}',
];

interface Operation {
  operationId?: string;
  responses: Record<string, { description: string; content?: Record<string, { examples?: object }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

let database: TestDatabase;
let api: TestApplication;
let text: string;
let document: Document;
beforeAll(async () => {
  database = await TestDatabase.start();
  api = await TestApplication.start({ MONGODB_URI: database.uri });
  const answer = await api.request('/docs-json');
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  text = await answer.text();
  document = JSON.parse(text) as Document;
});
afterAll(async () => {
  await api?.stop();
  await database?.stop();
});

describe('openapi.json', () => {
  it('is what the service says: run `npm run openapi` when it is not', async () => {
    const formatted = await format(text, { ...(await resolveConfig(FILE)), parser: 'json' });
    if (process.env.UPDATE_OPENAPI) await writeFile(FILE, formatted);
    expect(await readFile(FILE, 'utf8')).toBe(formatted);
  });

  it('is of OpenAPI 3.1, and names every route of the contract, which are all that there are but those of pages', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    const documented = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented).toEqual(
      expect.arrayContaining([
        'DELETE /contacts/{id}',
        'GET /contacts',
        'GET /contacts/export',
        'GET /contacts/{id}',
        'GET /health',
        'GET /health/live',
        'GET /health/ready',
        'GET /health/startup',
        'GET /metrics',
        'GET /mongodb-test',
        'HEAD /mongodb-test',
        'OPTIONS /mongodb-test',
        'PATCH /contacts/{id}',
        'POST /contacts',
        'POST /contacts/import',
        'PUT /contacts/{id}',
      ]),
    );
    const routes = routesOf(api.app).map(
      ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    );
    expect(routes.toSorted()).toEqual(
      [...documented.filter((route) => route !== 'HEAD /mongodb-test'), ...PAGES].toSorted(),
    );
  });

  it('gives an example of every problem, in the words of the table', () => {
    const told = new Map<string, unknown>();
    for (const item of Object.values(document.paths)) {
      for (const method of METHODS) {
        for (const [status, { content }] of Object.entries(item[method]?.responses ?? {})) {
          const examples = content?.['application/problem+json']?.examples ?? {};
          for (const [code, example] of Object.entries(examples) as [string, { value: object }][]) {
            expect(example.value).toMatchObject({ code, status: Number(status) });
            told.set(code, example.value);
          }
        }
      }
    }
    // Neither belongs to a route that is described.
    const elsewhere = ['METHOD_NOT_ALLOWED', 'FILTER_INVALID'];
    const expected = Object.keys(PROBLEMS).filter((code) => !elsewhere.includes(code));
    expect([...told.keys()].toSorted()).toEqual(expected.toSorted());
  });

  it('points at nothing that is not there', () => {
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(0);
    expect([...new Set(names)].toSorted()).toEqual(Object.keys(document.components.schemas).toSorted());
  });
});

describe('/docs', () => {
  it('is a page under a policy of its own', async () => {
    const answer = await api.request('/docs');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    const parts = [...(await answer.text()).matchAll(/(?:href|src)="([^"]+)"/g)].map(([, part]) => part);
    expect(parts).toHaveLength(4);
    for (const part of parts) {
      const file = await api.request(`/${part}`);
      expect([part, file.status, (await file.arrayBuffer()).byteLength > 50]).toEqual([part, 200, true]);
    }
  });

  it.each([
    '/docs/index.html',
    '/docs/package.json',
    '/docs/..%2Fpackage.json',
    '/docs/%2e%2e',
    '/docs/constructor',
  ])('has no file %s', async (path) => {
    expect((await api.request(path)).status).toBe(404);
  });

  it('leads from /docs/ to the page', async () => {
    const answer = await api.request('/docs/', { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([308, '../docs']);
  });
});
