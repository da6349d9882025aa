import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseConnection } from '#database';
import { ApiProcess, ENTRY } from '../../../test/support/api-process.ts';
import { TestApplication } from '../../../test/support/application.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { isComplete, readStatus, readStatusUntil } from './status-report.ts';

const TOKEN = 'a-token-of-32-characters-for-tests';
const PRODUCTION = { NODE_ENV: 'production', MONGODB_ALLOW_NO_AUTH: 'true', SHUTDOWN_DRAIN_MS: '0' };
const ROUTES = ['/status', '/status/data', '/status/public/status.js', '/status/public/none.js'];
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
const PUBLIC = join(import.meta.dirname, '../src/status/public');

/** Names of the commands that the application sends from now on. */
function listenToCommands(api: TestApplication): string[] {
  const names: string[] = [];
  api.app.get(DatabaseConnection).client.on('commandStarted', ({ commandName, command }) => {
    names.push(command.find === 'health_check' ? 'health check' : commandName);
  });
  return names;
}

describe('GET /status', () => {
  let database: TestDatabase;
  let api: TestApplication;
  const start = async (environment: Record<string, string> = {}) => {
    const started = await TestApplication.start({ MONGODB_URI: database.uri, ...environment });
    await started.until('/health/startup', 200);
    return started;
  };
  beforeEach(async () => {
    database = await TestDatabase.start();
  });
  afterEach(async () => {
    await api?.stop();
    await database?.stop();
  });

  it('is a page that loads only its own files', async () => {
    api = await start();
    const answer = await api.request('/status');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await answer.text();
    expect(html).not.toMatch(/<style|style=|\son\w+=|https?:|src="\/\/|<script(?![^>]* src=)/i);
    const linked = Array.from(html.matchAll(/(?:src|href)="status\/([^"]+)"/g), ([, path]) => path);
    expect(linked).toEqual(
      expect.arrayContaining(['public/status.js', 'public/base.css', 'public/icon.svg']),
    );
    for (const path of linked) expect((await api.request(`/status/${path}`)).status).toBe(200);
  });

  it('serves each of its files as what it is, and nothing else', async () => {
    api = await start();
    const types = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };
    for (const name of await readdir(PUBLIC)) {
      const answer = await api.request(`/status/public/${name}`);
      const type = types[name.split('.')[1] as keyof typeof types];
      expect([name, answer.headers.get('content-type')]).toEqual([name, `${type}; charset=utf-8`]);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    for (const name of ['none.js', '..%2fstatus.module.ts', '%2e%2e/app.module.ts', '.', '__proto__']) {
      expect((await api.request(`/status/public/${name}`)).status).toBe(404);
    }
  });

  it('tells what is connected', async () => {
    api = await start();
    await api.request('/mongodb-test');
    const report = await readStatusUntil(api, isComplete);
    const fresh = { ageMs: expect.any(Number), problem: null };
    expect(report).toEqual({
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      service: { startedAt: expect.stringMatching(/^\d{4}-.*Z$/), nodeVersion: process.version },
      health: {
        isConnected: true,
        message: 'MongoDB connection successful',
        ageMs: expect.any(Number),
        latencyMs: expect.any(Number),
        since: expect.stringMatching(/^\d{4}-.*Z$/),
        trace: { slotMs: 2_000, isConnected: expect.any(Array), latencyMs: expect.any(Array) },
      },
      database: {
        name: database.name,
        kind: 'Replica set',
        replicaSet: 'test',
        members: [{ number: 1, role: 'primary', isWritable: true }],
        version: { value: expect.stringMatching(/^\d+\.\d+\.\d+/), ...fresh },
      },
      pool: {
        open: expect.any(Number),
        checkedOut: expect.any(Number),
        waiting: 0,
        limit: 100,
      },
      commands: { sinceStart: expect.any(Array), recent: null },
      collections: { value: expect.anything(), ...fresh },
      testDocuments: { value: expect.anything(), ...fresh },
    });
    expect(report.health.trace.isConnected).toHaveLength(150);
    expect(report.health.trace.isConnected.at(-1)).toBe(true);
    expect(report.health.trace.latencyMs.at(-1)).toBeGreaterThan(0);
    expect(report.pool.open).toBeGreaterThan(0);
    expect(report.commands.sinceStart).toContainEqual({
      command: 'insert',
      count: 1,
      failed: 0,
      meanMs: expect.any(Number),
      halfWithinMs: expect.any(Number),
      mostWithinMs: expect.any(Number),
    });
    const { value } = report.testDocuments;
    expect(value).toMatchObject({ count: 1, recent: [{ message: 'MongoDB test document' }] });
  });

  it('counts the documents and bytes of each collection, of fifty at most', async () => {
    await database.db.createCollection('seen', { viewOn: 'contacts' });
    await database.db.collection('contacts').insertMany([{ name: 'Ada' }, { name: 'Eve' }]);
    await database.db.collection('contacts').createIndex({ name: 1 });
    const many = Array.from({ length: 60 }, (_, i) => `many_${String(i).padStart(2, '0')}`);
    for (const name of many) await database.db.createCollection(name);
    api = await start();
    const { value } = (await readStatusUntil(api, ({ collections }) => collections.problem === null))
      .collections;
    const contacts = { name: 'contacts', documents: 2, dataBytes: expect.any(Number) };
    expect(value?.collections[0]).toMatchObject(contacts);
    expect(value?.collections[0]).toMatchObject({
      storageBytes: expect.any(Number),
      indexBytes: expect.any(Number),
    });
    expect(value?.collections).toHaveLength(50);
    expect(value?.collections.at(-1)).toMatchObject({
      name: expect.stringMatching(/^many_\d+$/),
      documents: 0,
    });
    // With the collections of the service itself, and without the view.
    expect(value?.total).toBeGreaterThanOrEqual(63);
  });

  it('asks the database once for any number of viewers, and nothing while nobody looks', async () => {
    await database.db.collection('contacts').insertOne({ name: 'Ada' });
    api = await start();
    const names = listenToCommands(api);
    await waitUntil(() => names.length >= 2);
    expect([...new Set(names)]).toEqual(['health check']);
    await Promise.all(Array.from({ length: 40 }, async () => readStatus(api)));
    const collections = (await readStatus(api)).collections.value?.total;
    expect(names.filter((name) => name === 'buildInfo')).toHaveLength(1);
    expect(names.filter((name) => name === 'listCollections')).toHaveLength(1);
    expect(names.filter((name) => name === 'aggregate')).toHaveLength(collections ?? 0);
    expect(names.filter((name) => name === 'find').length).toBeLessThanOrEqual(2);
  });

  it('does not exist in production without a token', async () => {
    api = await start(PRODUCTION);
    for (const path of ROUTES) {
      for (const method of METHODS) {
        const headers = { authorization: `Bearer ${TOKEN}` };
        const answer = await api.request(path, { method, headers });
        expect([method, path, answer.status, answer.headers.get('allow')]).toEqual([method, path, 404, null]);
      }
    }
  });

  it('asks for the token in production, and shows nothing before', async () => {
    api = await start({ ...PRODUCTION, DIAGNOSTICS_TOKEN: TOKEN });
    const page = await api.request('/status');
    expect(page.status).toBe(200);
    expect(await page.text()).not.toContain(database.name);
    for (const authorization of ['', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`]) {
      const refused = await api.request('/status/data', { headers: { authorization } });
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="diagnostics"',
      ]);
    }
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await api.request('/status/data', { headers })).status).toBe(200);
  });
});

describe.each(Object.entries(ENTRY))('the built service (%s)', (_, entry) => {
  it('has the page and its files with it', async () => {
    const environment = { MONGODB_URI: 'mongodb://127.0.0.1:9/none', DIAGNOSTICS_TOKEN: TOKEN };
    const api = await ApiProcess.start(environment, { entry });
    try {
      for (const path of ['/status', '/status/public/status.js', '/status/public/base.css']) {
        expect([path, (await api.request(path)).status]).toEqual([path, 200]);
      }
    } finally {
      await api.stop();
    }
  });
});
