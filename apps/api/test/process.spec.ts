import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProcess } from '../../../test/support/api-process.ts';
import { expectFigure, ROUNDS } from '../../../test/support/figures.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { Prober } from '../../../test/support/prober.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';

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
  it.each(ROUNDS)(
    'A18: answers what is in flight, leaves no connection, readiness 503, liveness 200, round %i',
    async () => {
      api = await ApiProcess.start({
        MONGODB_URI: server.uri('drain'),
        SHUTDOWN_DRAIN_MS: '5000',
        ...DIAGNOSTICS,
      });
      await api.until('/health/startup', 200);
      await server.failPoint({ failCommands: ['insert'], blockConnection: true, blockTimeMS: 1_500 });
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
      expect(await waitUntil(() => ready.probes.some(({ status }) => status === 503))).toBe(true);
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
      expect(await waitUntil(async () => (await connectionsOf(server)) === 0)).toBe(true);
    },
  );

  it.each(ROUNDS)('A19: closes idle keep-alive connections, round %i', async () => {
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

  it.each(ROUNDS)('A20: takes new connections during the whole drain, round %i', async () => {
    const drainMs = 3_000;
    api = await ApiProcess.start({ MONGODB_URI: server.uri('traffic'), SHUTDOWN_DRAIN_MS: String(drainMs) });
    const url = `${api.url}/health/live`;
    const statuses: Promise<number>[] = [];
    api.signal('SIGTERM');
    const endAt = performance.now() + drainMs - 1_000;
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
    api.signal('SIGTERM');
    expect((await api.exited).code).toBe(0);
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
