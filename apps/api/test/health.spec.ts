import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseConnection } from '#database';
import { TestApplication } from '../../../test/support/application.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { Prober } from '../../../test/support/prober.ts';
import { TcpProxy } from '../../../test/support/tcp-proxy.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';

const HEALTHY = '{"status":"healthy","mongodb":{"connected":true,"message":"MongoDB connection successful"}}';

describe('health with a database', () => {
  let database: TestDatabase;
  let api: TestApplication;
  beforeAll(async () => {
    database = await TestDatabase.start();
    api = await TestApplication.start({ MONGODB_URI: database.uri });
    await api.until('/health/startup', 200);
  });
  afterAll(async () => {
    await api?.stop();
    await database?.stop();
  });

  it('answers the exact JSON', async () => {
    const answer = await api.request('/health');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toBe(HEALTHY);
  });

  it('answers readiness in the shape of Terminus', async () => {
    const answer = await api.request('/health/ready');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      status: 'ok',
      info: {
        application: { status: 'up' },
        mongodb: { status: 'up', message: 'MongoDB connection successful' },
      },
      error: {},
      details: { application: { status: 'up' }, mongodb: { status: 'up' } },
    });
  });

  it('answers liveness and startup', async () => {
    expect((await api.request('/health/live')).status).toBe(200);
    expect(await (await api.request('/health/startup')).json()).toEqual({ status: 'started' });
  });

  it.each(['/health', '/health/live'])('answers %s before routing as its controller does', async (path) => {
    // A query goes the long way.
    const [short, long] = [await api.request(path), await api.request(`${path}?long`)];
    const headersOf = ({ headers }: Response) =>
      Object.fromEntries([...headers].filter(([name]) => name !== 'x-request-id' && name !== 'date'));
    expect([short.status, await short.text()]).toEqual([long.status, await long.text()]);
    expect(headersOf(short)).toEqual(headersOf(long));
    expect(short.headers.get('x-request-id')).toBeNull();
    const traced = await api.request(path, { headers: { 'x-request-id': 'trace-1' } });
    expect(traced.headers.get('x-request-id')).toBe('trace-1');
  });

  it('answers HEAD as GET', async () => {
    const answer = await api.request('/health', { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('');
  });
});

describe('health without a database', () => {
  let port: number;
  let server: MongodServer | undefined;
  let api: TestApplication;
  beforeAll(async () => {
    port = await freePort();
    api = await TestApplication.start({
      MONGODB_URI: `mongodb://127.0.0.1:${port}/late`,
      MONGODB_SERVER_SELECTION_TIMEOUT_MS: '1000',
    });
  });
  afterAll(async () => {
    await api?.stop();
    await server?.stop();
  });

  it('says why, without host or port, while liveness stays 200', async () => {
    const answer = await api.until('/health', 503);
    await sleep(500);
    const body = await (await api.request('/health')).text();
    expect(body).toBe(
      '{"status":"unhealthy","mongodb":{"connected":false,"message":"MongoDB connection failed: the server refuses connections, check that MongoDB is running"}}',
    );
    expect(answer.status).toBe(503);
    expect((await api.request('/health/live')).status).toBe(200);
    const startup = await api.request('/health/startup');
    expect([startup.status, await startup.json()]).toEqual([503, { status: 'starting' }]);
    const ready = await api.request('/health/ready');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      status: 'error',
      error: { application: { status: 'down' }, mongodb: { status: 'down' } },
    });
  });

  it('turns healthy when a database appears, and tells the truth over a kill and a restart', async () => {
    server = await MongodServer.start({ port });
    expect(await (await api.until('/health', 200)).text()).toBe(HEALTHY);
    await api.until('/health/ready', 200);

    await server.kill();
    await api.until('/health', 503);
    expect((await api.request('/health/ready')).status).toBe(503);
    expect((await api.request('/health/live')).status).toBe(200);
    expect((await api.request('/health/startup')).status).toBe(200);

    await server.restart();
    await api.until('/health/ready', 200);
  });
});

describe('the startup probe', () => {
  it('is 200 for good once the start has succeeded, also when nobody asked before an outage', async () => {
    const server = await MongodServer.start();
    const api = await TestApplication.start({ MONGODB_URI: server.uri('startup') });
    try {
      // Readiness of the database alone: asking for the startup itself would settle it.
      await api.until('/health', 200);
      const connection = api.app.get(DatabaseConnection);
      expect(await waitUntil(() => connection.isStarted)).toBe(true);
      // The next sample sees it.
      await sleep(1_500);
      await server.kill();
      await api.until('/health', 503);
      expect((await api.request('/health/startup')).status).toBe(200);
    } finally {
      await api.stop();
      await server.stop();
    }
  });
});

describe('health over a slow network', () => {
  it('takes a check on a new connection, which needs two round trips, for no outage', async () => {
    const server = await MongodServer.start();
    const proxy = await TcpProxy.start(server.port);
    // No connection lives from one check to the next.
    const api = await TestApplication.start({ MONGODB_URI: `${proxy.uri('slow')}&maxIdleTimeMS=300` });
    try {
      await api.until('/health/startup', 200);
      proxy.setMode({ kind: 'latency', ms: 600 });
      const hasNoOutage = async (): Promise<boolean> => {
        const prober = new Prober(`${api.url}/health`);
        await sleep(8_000);
        const answers = await prober.stop();
        return answers.length > 20 && answers.every(({ status }) => status === 200);
      };
      // Again when the machine itself has stopped for seconds.
      expect(await waitUntil(hasNoOutage)).toBe(true);
    } finally {
      await api.stop();
      await proxy.close();
      await server.stop();
    }
  });
});

describe('readiness behind a user who may do nothing', () => {
  const root = { username: 'root', password: 'a long root password' };
  let server: MongodServer;
  let api: TestApplication;
  beforeAll(async () => {
    server = await MongodServer.start({ auth: root });
    await server.command({ createUser: 'nobody', pwd: 'nothing at all', roles: [] });
    const uri = `mongodb://nobody:nothing%20at%20all@127.0.0.1:${server.port}/app?authSource=admin`;
    api = await TestApplication.start({ MONGODB_URI: uri });
  });
  afterAll(async () => {
    await api?.stop();
    await server?.stop();
  });

  it('is 503 although a ping would succeed', async () => {
    await sleep(1_500);
    const answer = await api.request('/health/ready');
    expect(answer.status).toBe(503);
    expect(JSON.stringify(await answer.json())).toContain('the database user may not do this');
  });
});
