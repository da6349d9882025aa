import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProcess, ENTRY } from '../../../test/support/api-process.ts';
import { expectFigure } from '../../../test/support/figures.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { Prober } from '../../../test/support/prober.ts';

const SECRET = 'pa55/w:rd@with%signs';
const TOKEN = 'a-token-of-32-characters-for-tests';
const DIAGNOSTICS = { DIAGNOSTICS_TOKEN: TOKEN, DIAGNOSTICS_RATE_PER_MINUTE: '1000' };
const AUTHORIZED = { headers: { authorization: `Bearer ${TOKEN}` } };

let server: MongodServer;
let api: ApiProcess;
beforeAll(async () => {
  server = await MongodServer.start();
});
afterEach(async () => {
  await api?.stop();
  await server.clearFailPoint();
});
afterAll(() => server?.stop());

describe.each(Object.entries(ENTRY))('the %s service', (_, entry) => {
  it('serves, and exits 0 at SIGTERM and at SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      api = await ApiProcess.start({ MONGODB_URI: server.uri('process') }, { entry });
      await api.until('/health/ready', 200);
      api.signal(signal);
      expect(await api.exited).toEqual({ code: 0, signal: null });
    }
  });
});

describe('a start that cannot succeed', () => {
  it('names every wrong variable at once and exits 78', async () => {
    api = ApiProcess.spawn({
      PORT: 'many',
      HEALTH_TIMEOUT_MS: '-1',
      MONGODB_URI: 'mongodb://127.0.0.1/app?poolSize=5',
    });
    expect((await api.exited).code).toBe(78);
    expect(api.output).toMatch(/PORT .*\n.*HEALTH_TIMEOUT_MS|HEALTH_TIMEOUT_MS .*\n.*PORT/s);
    expect(api.output).toContain('unknown option poolsize');
    expect(api.output).not.toContain('many');
  });

  it.each([
    ['an unknown option', 'mongodb://127.0.0.1/app?unknown=1'],
    ['a bad scheme', 'mongo://127.0.0.1/app'],
  ])('A13: ends within 3 s at %s, with one clear line', async (_, uri) => {
    const startedAt = performance.now();
    api = ApiProcess.spawn({ MONGODB_URI: uri });
    expect((await api.exited).code).toBe(78);
    expectFigure({
      row: 'A13',
      what: 'time to exit',
      value: performance.now() - startedAt,
      unit: 'ms',
      limit: 3_000,
    });
    expect(api.output.trim().split('\n')).toHaveLength(2);
  });

  it('says in one sentence that the port is in use, and exits 1', async () => {
    api = await ApiProcess.start({ MONGODB_URI: server.uri('process') });
    const port = new URL(api.url).port;
    const second = ApiProcess.spawn({ MONGODB_URI: server.uri('process'), PORT: port });
    expect((await second.exited).code).toBe(1);
    expect(second.output).toContain(
      `Port ${port} is in use: stop the program that listens there, or set PORT`,
    );
    expect(second.output).not.toContain('    at ');
  });
});

describe('shutdown', () => {
  it('A18: answers what is in flight while readiness is 503 and liveness 200, then leaves no connection', async () => {
    api = await ApiProcess.start({
      MONGODB_URI: server.uri('drain'),
      SHUTDOWN_DRAIN_MS: '1000',
      ...DIAGNOSTICS,
    });
    await api.until('/health/startup', 200);
    await server.failPoint({ failCommands: ['insert'], blockConnection: true, blockTimeMS: 2_000 });
    const inFlight = Array.from({ length: 20 }, () =>
      api.request('/mongodb-test', AUTHORIZED).then(({ status }) => status),
    );
    await sleep(500);
    const ready = new Prober(`${api.url}/health/ready`, 20);
    const live = new Prober(`${api.url}/health/live`, 20);
    await sleep(200);
    const termAt = ready.now;
    const startedAt = performance.now();
    api.signal('SIGTERM');
    await sleep(800);
    const [readiness, liveness] = [await ready.stop(), await live.stop()];

    const statuses = await Promise.all(inFlight);
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 200));
    expect(await api.exited).toEqual({ code: 0, signal: null });
    const exitMs = performance.now() - startedAt;
    const turnedAt = readiness.find(({ status }) => status === 503)?.at ?? Infinity;
    expect(readiness.filter(({ at, status }) => at > turnedAt && status !== 503)).toEqual([]);
    expect(new Set(liveness.map(({ status }) => status))).toEqual(new Set([200]));
    expectFigure({
      row: 'A18',
      what: 'readiness 503 after SIGTERM',
      value: turnedAt - termAt,
      unit: 'ms',
      limit: 200,
    });
    expectFigure({ row: 'A18', what: 'time to exit', value: exitMs, unit: 'ms', limit: 10_000 });
    await sleep(1_000);
    expect(await connectionsOf(server)).toBe(0);
  });

  it('A19: closes idle keep-alive connections', async () => {
    api = await ApiProcess.start({ MONGODB_URI: server.uri('idle') });
    const sockets = await Promise.all(Array.from({ length: 50 }, () => openIdle(api.url)));
    const startedAt = performance.now();
    api.signal('SIGTERM');
    expect((await api.exited).code).toBe(0);
    expectFigure({
      row: 'A19',
      what: 'time to exit',
      value: performance.now() - startedAt,
      unit: 'ms',
      limit: 10_000,
    });
    for (const socket of sockets) socket.destroy();
  });

  it('A20: takes new connections during the whole drain', async () => {
    const drainMs = 3_000;
    api = await ApiProcess.start({ MONGODB_URI: server.uri('traffic'), SHUTDOWN_DRAIN_MS: String(drainMs) });
    const url = `${api.url}/health/live`;
    const statuses: Promise<number>[] = [];
    api.signal('SIGTERM');
    const endAt = performance.now() + drainMs - 100;
    while (performance.now() < endAt) {
      // A connection of its own for each request.
      statuses.push(
        fetch(url, { headers: { connection: 'close' } }).then(
          ({ status }) => status,
          () => 0,
        ),
      );
      await sleep(50);
    }
    const refused = (await Promise.all(statuses)).filter((status) => status !== 200).length;
    expectFigure({
      row: 'A20',
      what: 'connections refused during the drain',
      value: refused,
      unit: '',
      limit: 0,
    });
    expect((await api.exited).code).toBe(0);
  });

  it('ends in time although a request hangs', async () => {
    api = await ApiProcess.start({
      MONGODB_URI: server.uri('stuck'),
      SHUTDOWN_TIMEOUT_MS: '500',
      ...DIAGNOSTICS,
    });
    await api.until('/health/startup', 200);
    await server.failPoint({ failCommands: ['insert'], blockConnection: true, blockTimeMS: 6_000 });
    const stuck = api.request('/mongodb-test', AUTHORIZED).then(
      () => 'answered',
      () => 'cut',
    );
    await sleep(300);
    const startedAt = performance.now();
    api.signal('SIGTERM');
    expect((await api.exited).code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(await stuck).toBe('cut');
  });

  it('exits 0 at a signal during the start', async () => {
    api = ApiProcess.spawn({ MONGODB_URI: server.uri('process'), LOG_LEVEL: 'trace' });
    await api.untilOutput(/Starting Nest application/);
    api.signal('SIGTERM');
    expect(await api.exited).toEqual({ code: 0, signal: null });
  });

  it('takes a signal that comes twice at once for one', async () => {
    api = await ApiProcess.start({ MONGODB_URI: server.uri('process'), SHUTDOWN_DRAIN_MS: '300' });
    api.signal('SIGINT');
    await sleep(20);
    api.signal('SIGINT');
    expect(await api.exited).toEqual({ code: 0, signal: null });
    expect(api.output).toContain('Stopped');
  });

  it('exits 0 while there is no database at all', async () => {
    api = await ApiProcess.start({ MONGODB_URI: `mongodb://127.0.0.1:${await freePort()}/none` });
    api.signal('SIGTERM');
    expect(await api.exited).toEqual({ code: 0, signal: null });
  });
});

describe('credentials', () => {
  const root = { username: 'root', password: 'another long password' };

  it('A26: a password is in no byte of the output while the database is absent, or killed', async () => {
    const environment = { MONGODB_USERNAME: 'root', MONGODB_PASSWORD: SECRET, LOG_LEVEL: 'trace' };
    const locked = await MongodServer.start({ auth: { username: 'root', password: SECRET } });
    try {
      api = await ApiProcess.start({ ...environment, MONGODB_HOST: `127.0.0.1:${await freePort()}` });
      await api.until('/health', 503);
      await api.stop();
      expectNoTrace(api.output);
      api = await ApiProcess.start({ ...environment, MONGODB_HOST: `127.0.0.1:${locked.port}` });
      await api.until('/health/ready', 200);
      await locked.kill();
      await api.until('/health', 503);
      await api.request('/mongodb-test');
      await api.stop();
      expectNoTrace(api.output);
    } finally {
      await locked.stop();
    }
  });

  it('A12, A26: a wrong password is named as such, and is in no byte of the output', async () => {
    const locked = await MongodServer.start({ auth: root });
    try {
      const startedAt = performance.now();
      api = await ApiProcess.start({
        MONGODB_HOST: `127.0.0.1:${locked.port}`,
        MONGODB_USERNAME: 'root',
        MONGODB_PASSWORD: SECRET,
        LOG_LEVEL: 'trace',
        MONGODB_ALLOW_NO_AUTH: 'false',
      });
      const named = async (): Promise<boolean> =>
        (await (await api.request('/health/ready')).text()).includes('authentication failed');
      while (!(await named()) && performance.now() - startedAt < 10_000) await sleep(20);
      const elapsedMs = performance.now() - startedAt;
      expect((await api.request('/health/ready')).status).toBe(503);
      expectFigure({
        row: 'A12',
        what: 'cause named after the start',
        value: elapsedMs,
        unit: 'ms',
        limit: 2_000,
      });
      await api.request('/mongodb-test?token=' + encodeURIComponent(SECRET));
      await api.stop();
      expectNoTrace(api.output);
      expect(api.output).toContain('Authentication failed');
    } finally {
      await locked.stop();
    }
  });
});

/** Neither as it is, nor percent-encoded, nor in base64. */
function expectNoTrace(output: string): void {
  for (const form of [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString('base64')]) {
    expect(output).not.toContain(form);
  }
}

/** Connections of the service that the server still has. */
async function connectionsOf(mongod: MongodServer): Promise<number> {
  const { inprog } = await mongod.command({ currentOp: 1, $all: true });
  return (inprog as { appName?: string }[]).filter(({ appName }) => appName === 'openai-outreach').length;
}

/** A connection that has made one request and keeps itself open. */
async function openIdle(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
  socket.write('GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}
