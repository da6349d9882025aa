import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProcess } from '../support/api-process.ts';
import { allWith, ContactCalls, outcomes, type Call } from '../support/contact-calls.ts';
import { expectFigure } from '../support/figures.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { Prober } from '../support/prober.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const TOKEN = 'a-token-of-32-characters-for-tests';
const DIAGNOSTICS = { DIAGNOSTICS_TOKEN: TOKEN, DIAGNOSTICS_RATE_PER_MINUTE: '100000' };
const AUTHORIZED = { headers: { authorization: `Bearer ${TOKEN}` } };

let server: MongodServer;
let proxy: TcpProxy;
let api: ApiProcess;
beforeEach(async () => {
  server = await MongodServer.start();
});
afterEach(async () => {
  await api?.stop();
  await proxy?.close();
  await server?.stop();
});

it('A14: a peer that accepts and never answers holds up neither the start nor a request', async () => {
  proxy = await TcpProxy.start(server.port, { kind: 'mute' });
  const startedAt = performance.now();
  api = await ApiProcess.start({ MONGODB_URI: proxy.uri('mute'), ...DIAGNOSTICS });
  expectFigure({
    row: 'A14',
    what: 'time to listen',
    value: performance.now() - startedAt,
    unit: 'ms',
    limit: 5_000,
  });
  const live = new Prober(`${api.url}/health/live`, 500);
  const ready = new Prober(`${api.url}/health/ready`, 500);
  const tests: Promise<{ status: number; elapsedMs: number }>[] = [];
  const contacts = new ContactCalls(api.url);
  const ofContacts: Promise<Call[]>[] = [];
  for (let i = 0; i < 30; i += 1) {
    const askedAt = performance.now();
    tests.push(
      api
        .request('/mongodb-test', AUTHORIZED)
        .then(({ status }) => ({ status, elapsedMs: performance.now() - askedAt })),
    );
    ofContacts.push(contacts.make());
    await sleep(2_000);
  }
  const calls = await Promise.all(tests);
  const contactCalls = (await Promise.all(ofContacts)).flat();
  expect(new Set((await live.stop()).map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set((await ready.stop()).map(({ status }) => status))).toEqual(new Set([503]));
  expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([503]));
  expect(outcomes(contactCalls)).toEqual(allWith(() => 503));
  const longest = Math.max(...[...calls, ...contactCalls].map(({ elapsedMs }) => elapsedMs));
  expectFigure({ row: 'A14', what: 'slowest call', value: longest, unit: 'ms', limit: 6_000 });
  expect(api.isRunning).toBe(true);
  expectFigure({
    row: 'A14',
    what: 'open connections after 60 s',
    value: proxy.connections,
    unit: '',
    limit: 20,
  });

  proxy.setMode({ kind: 'forward' });
  proxy.resetConnections();
  await api.until('/health/ready', 200, 5_000);
});

it('A15: a slow network is no outage', async () => {
  proxy = await TcpProxy.start(server.port, { kind: 'latency', ms: 400, jitterMs: 200 });
  api = await ApiProcess.start({ MONGODB_URI: proxy.uri('slow'), ...DIAGNOSTICS });
  await api.until('/health/ready', 200, 20_000);
  const health = new Prober(`${api.url}/health`);
  const endAt = performance.now() + 300_000;
  const statuses = new Set<number>();
  const contacts = new ContactCalls(api.url);
  await contacts.createOne();
  const calls: Call[] = [];
  while (performance.now() < endAt) {
    const ofContacts = contacts.make();
    statuses.add((await api.request('/mongodb-test', AUTHORIZED)).status);
    calls.push(...(await ofContacts));
    await sleep(1_000);
  }
  const down = (await health.stop()).filter(({ status }) => status !== 200).length;
  expectFigure({ row: 'A15', what: 'false "not connected" in 5 min', value: down, unit: '', limit: 0 });
  expect(statuses).toEqual(new Set([200]));
  expect(outcomes(calls)).toEqual(allWith((what) => (what.startsWith('POST') ? 201 : 200)));
  expectFigure({
    row: 'A15',
    what: 'calls of /contacts',
    value: calls.length,
    unit: '',
    limit: 200,
    atLeast: true,
  });
}, 400_000);
