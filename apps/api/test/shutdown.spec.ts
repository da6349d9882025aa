import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProcess } from '../../../test/support/api-process.ts';
import { expectFigure, ROUNDS } from '../../../test/support/figures.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { Prober } from '../../../test/support/prober.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { isListening } from '../src/embedded/mongod-admin.ts';

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

  it.each(ROUNDS)(
    'A18: answers what ends when it has closed already, and leaves no connection, round %i',
    async () => {
      api = await ApiProcess.start({ MONGODB_URI: server.uri('close'), SHUTDOWN_DRAIN_MS: '0' });
      await api.until('/contacts', 200);
      await server.pause();
      const inFlight = Array.from({ length: 20 }, async (_, n) => create(`p${n}@example.org`));
      expect(await waitUntil(async () => (await callsUnderWay()) >= 20)).toBe(true);
      const startedAt = performance.now();
      api.signal('SIGTERM');
      const port = Number(new URL(api.url).port);
      expect(await waitUntil(async () => !(await isListening(port)))).toBe(true);
      await sleep(1_000);
      server.resume();
      expect(await Promise.all(inFlight)).toEqual(Array.from({ length: 20 }, () => 201));
      expect(await api.exited).toEqual({ code: 0, signal: null });
      const exitedAt = performance.now();
      expect(await waitUntil(async () => (await connectionsOf(server)) === 0)).toBe(true);
      const figure = (what: string, value: number, limit: number): void =>
        expectFigure({ row: 'A18', what, value, unit: 'ms', limit });
      figure('time to exit without a drain', exitedAt - startedAt, 10_000);
      figure('no connection left after', performance.now() - exitedAt, 1_000);
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
    const asked: Promise<{ at: number; refusedAt: number | undefined }>[] = [];
    api.signal('SIGTERM');
    let endAt = Infinity;
    while (Date.now() < endAt - 100) {
      asked.push(askOnce(`${api.url}/health/live`));
      await sleep(20);
      if (endAt === Infinity) endAt = (toldAt('SIGTERM received') ?? Infinity) + drainMs;
    }
    const answers = await Promise.all(asked);
    // What is late because the machine has stopped for a while is no fault of the drain.
    const refused = answers.filter(({ refusedAt }) => refusedAt !== undefined && refusedAt < endAt);
    const lastAt = Math.max(...answers.map(({ at }) => at));
    const figure = (what: string, value: number, unit: string, limit: number): void =>
      expectFigure({ row: 'A20', what, value, unit, limit });
    figure('connections refused during the drain', refused.length, '', 0);
    figure('end of the drain after the last connection', endAt - lastAt, 'ms', 300);
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

/** Creates a contact. */
async function create(email: string): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const { status } = await api.request('/contacts', {
    method: 'POST',
    headers,
    body: JSON.stringify({ email }),
  });
  return status;
}

/** Calls of the database that wait for a connection, or for an answer. */
async function callsUnderWay(): Promise<number> {
  const text = await (await api.request('/metrics')).text();
  const counts = [...text.matchAll(/^mongodb_pool_(?:waiting|checked_out) (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Asks over a connection of its own. Times are of the clock of the log. */
async function askOnce(url: string): Promise<{ at: number; refusedAt: number | undefined }> {
  const at = Date.now();
  const isAnswered = await fetch(url, { headers: { connection: 'close' } }).then(
    ({ status }) => status === 200,
    () => false,
  );
  return { at, refusedAt: isAnswered ? undefined : Date.now() };
}

/** When the service has logged a line that begins so. */
function toldAt(message: string): number | undefined {
  const lines = api.output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  const logged = lines.map((line) => JSON.parse(line) as { time: string; msg: string });
  const line = logged.find(({ msg }) => msg.startsWith(message));
  return line && Date.parse(line.time);
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
