import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProcess } from '../support/api-process.ts';
import { allWith, ContactCalls, outcomes } from '../support/contact-calls.ts';
import { expectFigure, percentile, ROUNDS } from '../support/figures.ts';
import { freePort } from '../support/free-port.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { Prober, type Probe } from '../support/prober.ts';

const TOKEN = 'a-token-of-32-characters-for-tests';
const DIAGNOSTICS = { DIAGNOSTICS_TOKEN: TOKEN, DIAGNOSTICS_RATE_PER_MINUTE: '100000' };
const AUTHORIZED = { headers: { authorization: `Bearer ${TOKEN}` } };
const HEALTHY = '{"status":"healthy","mongodb":{"connected":true,"message":"MongoDB connection successful"}}';
const RSS_LIMIT_BYTES = 20 * 1024 * 1024;

let server: MongodServer | undefined;
let api: ApiProcess;
afterEach(async () => {
  await api?.stop();
  await server?.stop();
  server = undefined;
});

async function startBoth(environment: Record<string, string> = {}): Promise<MongodServer> {
  const started = await MongodServer.start();
  server = started;
  api = await ApiProcess.start({ MONGODB_URI: started.uri('faults'), ...DIAGNOSTICS, ...environment });
  await api.until('/health/startup', 200);
  return started;
}

const slowest = (probes: readonly Probe[]): number => Math.max(...probes.map(({ elapsedMs }) => elapsedMs));

it.each(ROUNDS)('A01: /health answers the exact JSON quickly, round %i', async () => {
  await startBoth();
  const elapsed: number[] = [];
  for (let i = 0; i < 1_000; i += 1) {
    const startedAt = performance.now();
    const answer = await api.request('/health');
    expect([answer.status, await answer.text()]).toEqual([200, HEALTHY]);
    elapsed.push(performance.now() - startedAt);
  }
  expectFigure({
    row: 'A01',
    what: 'p99 of 1,000 calls',
    value: percentile(elapsed, 0.99),
    unit: 'ms',
    limit: 50,
  });
});

it('A02, A03: boots with no database, stays, and connects when one appears after 60 s', async () => {
  const port = await freePort();
  const startedAt = performance.now();
  api = await ApiProcess.start({ MONGODB_URI: `mongodb://127.0.0.1:${port}/late`, ...DIAGNOSTICS });
  expectFigure({
    row: 'A02',
    what: 'time to listen',
    value: performance.now() - startedAt,
    unit: 'ms',
    limit: 5_000,
  });
  const { pid } = api;
  const live = new Prober(`${api.url}/health/live`, 500);
  const ready = new Prober(`${api.url}/health/ready`, 500);
  await sleep(60_000);
  expect(new Set((await live.stop()).map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set((await ready.stop()).map(({ status }) => status))).toEqual(new Set([503]));
  expect(api.output).not.toMatch(/unhandled/i);

  server = await MongodServer.start({ port });
  const upAt = performance.now();
  await api.until('/health/ready', 200, 5_000);
  await api.until('/mongodb-test', 401, 1_000);
  expect((await api.request('/mongodb-test', AUTHORIZED)).status).toBe(200);
  expectFigure({
    row: 'A03',
    what: 'ready and written after the start',
    value: performance.now() - upAt,
    unit: 'ms',
    limit: 5_000,
  });
  expect([api.pid, api.isRunning]).toEqual([pid, true]);
});

it('A04: a hang of 20 s is seen, and its end', async () => {
  const mongod = await startBoth();
  const health = new Prober(`${api.url}/health`);
  const live = new Prober(`${api.url}/health/live`);
  await sleep(1_000);
  const stoppedAt = health.now;
  await mongod.pause();
  await sleep(20_000);
  const resumedAt = health.now;
  mongod.resume();
  await sleep(3_000);
  const [probes, liveness] = [await health.stop(), await live.stop()];
  const downAt = probes.find(({ at, status }) => at > stoppedAt && status === 503)?.at ?? Infinity;
  const upAt = probes.find(({ at, status }) => at > resumedAt && status === 200)?.at ?? Infinity;
  expect(probes.filter(({ at, status }) => at > downAt && at < resumedAt && status !== 503)).toEqual([]);
  expect(new Set(liveness.map(({ status }) => status))).toEqual(new Set([200]));
  expectFigure({ row: 'A04', what: 'slowest /health', value: slowest(probes), unit: 'ms', limit: 1_500 });
  expectFigure({ row: 'A04', what: 'slowest liveness', value: slowest(liveness), unit: 'ms', limit: 200 });
  expectFigure({ row: 'A04', what: 'hang seen after', value: downAt - stoppedAt, unit: 'ms', limit: 3_000 });
  expectFigure({
    row: 'A04',
    what: 'recovery seen after',
    value: upAt - resumedAt,
    unit: 'ms',
    limit: 2_000,
  });
});

it.each(ROUNDS)(
  'A05, A06: a crash is seen, no request hangs, and a restart is enough, round %i',
  async () => {
    const mongod = await startBoth();
    const { pid } = api;
    const contacts = new ContactCalls(api.url);
    await contacts.createOne();
    await contacts.make();
    const health = new Prober(`${api.url}/health`);
    await sleep(500);
    const underWay = contacts.make(2);
    const killedAt = health.now;
    await mongod.kill();
    const afterwards = contacts.make(2);
    const calls = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const startedAt = performance.now();
        const { status } = await api.request('/mongodb-test', AUTHORIZED);
        return { status, elapsedMs: performance.now() - startedAt };
      }),
    );
    await sleep(2_500);
    const downAt = health.probes.find(({ at, status }) => at > killedAt && status === 503)?.at ?? Infinity;
    expectFigure({
      row: 'A05',
      what: 'crash seen after',
      value: downAt - killedAt,
      unit: 'ms',
      limit: 2_000,
    });
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([503]));
    expect(outcomes(await afterwards)).toEqual(allWith(() => 503));
    expect(outcomes(await underWay).filter((outcome) => !/: (20[01]|503)$/.test(outcome))).toEqual([]);
    const all = [...calls, ...(await afterwards), ...(await underWay)];
    const longest = Math.max(...all.map(({ elapsedMs }) => elapsedMs));
    expectFigure({ row: 'A05', what: 'slowest call', value: longest, unit: 'ms', limit: 6_000 });

    await mongod.restart();
    const openAt = performance.now();
    let status = 0;
    while (status !== 200 && performance.now() - openAt < 10_000) {
      ({ status } = await api.request('/mongodb-test', AUTHORIZED));
    }
    expectFigure({
      row: 'A06',
      what: 'first write after the port opened',
      value: performance.now() - openAt,
      unit: 'ms',
      limit: 2_000,
    });
    expect([api.pid, api.isRunning]).toEqual([pid, true]);
    await health.stop();
  },
);

it('A11: health checks do not pile up behind a hang', async () => {
  const mongod = await startBoth();
  await sleep(2_000);
  const before = await residentBytes();
  const health = new Prober(`${api.url}/health`, 20);
  await mongod.pause();
  await sleep(15_000);
  const waiting = await metric('mongodb_pool_waiting');
  const used = await metric('mongodb_pool_checked_out');
  await sleep(15_000);
  const grown = (await residentBytes()) - before;
  const resumedAt = health.now;
  mongod.resume();
  await sleep(2_500);
  const probes = await health.stop();
  const upAt = probes.find(({ at, status }) => at > resumedAt && status === 200)?.at ?? Infinity;
  expect(probes.filter(({ status }) => status === 0)).toEqual([]);
  expectFigure({ row: 'A11', what: 'checks in flight', value: waiting + used, unit: '', limit: 1 });
  expectFigure({
    row: 'A11',
    what: 'growth of resident memory',
    value: grown,
    unit: 'bytes',
    limit: RSS_LIMIT_BYTES,
  });
  expectFigure({
    row: 'A11',
    what: 'recovery seen after',
    value: upAt - resumedAt,
    unit: 'ms',
    limit: 2_000,
  });
});

async function metric(name: string): Promise<number> {
  const text = await (await api.request('/metrics')).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
}

async function residentBytes(): Promise<number> {
  return metric('process_resident_memory_bytes');
}
