import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProcess } from '../support/api-process.ts';
import { expectFigure } from '../support/figures.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { HealthProbers } from '../support/prober.ts';
import { lastBlockedAt, untilNormal } from '../support/until-normal.ts';

const CALLS = 300;
const BLOCKED_MS = 3_000;
/** Requests a second that go on coming while the server takes its time. */
const MORE_PER_SECOND = 50;
const MORE_FOR_MS = 9_000;
/** The default of the pool, the driver's two monitors, and checks of health that were given up: the server sees it when it has answered. */
const MOST_CONNECTIONS = 105;

let server: MongodServer;
let api: ApiProcess;
beforeAll(async () => {
  server = await MongodServer.start();
  api = await ApiProcess.start({ MONGODB_URI: server.uri('app'), MONGODB_INDEXES: 'build' });
  await api.until('/health/ready', 200);
  await api.until('/contacts', 200);
}, 60_000);
afterAll(async () => {
  await api?.stop();
  await server?.stop();
});

interface Answer {
  status: number;
  elapsedMs: number;
  endedAt: number;
  retryAfter: string | null;
}

async function ask(path: string): Promise<Answer> {
  const startedAt = performance.now();
  const answer = await api.request(path);
  await answer.text();
  const endedAt = performance.now();
  return {
    status: answer.status,
    elapsedMs: endedAt - startedAt,
    endedAt,
    retryAfter: answer.headers.get('retry-after'),
  };
}

/** Those of the service alone: this test has some too. */
async function countOwnConnections(): Promise<number> {
  const { inprog } = await server.command({ currentOp: 1, $all: true });
  return (inprog as { appName?: string }[]).filter(({ appName }) => appName === 'openai-outreach').length;
}

it('A10: over HTTP, with the defaults: what cannot be served is refused, probes answer, and it ends with its cause', async () => {
  const probers = new HealthProbers(api.url);
  await server.failPoint({ failCommands: ['find'], blockConnection: true, blockTimeMS: BLOCKED_MS });
  const asked = Array.from({ length: CALLS }, async (_, n) => ask(`/contacts?email=p${n}@example.org`));
  const endAt = performance.now() + MORE_FOR_MS;
  let connections = 0;
  for (let n = 0; performance.now() < endAt; n += 1) {
    asked.push(ask(`/contacts?email=q${n}@example.org`));
    if (n % MORE_PER_SECOND === 0) connections = Math.max(connections, await countOwnConnections());
    await sleep(1_000 / MORE_PER_SECOND);
  }
  await server.clearFailPoint();
  const clearedAt = performance.now();
  const normalAt = await untilNormal(async () => ask('/contacts?email=r@example.org'));
  const answers = await Promise.all(asked);
  const probes = await probers.stop();

  const refused = answers.filter(({ status }) => status === 503);
  const figure = (what: string, value: number, unit: string, limit: number): void =>
    expectFigure({ row: 'A10', what: `HTTP: ${what}`, value, unit, limit });
  expectFigure({
    row: 'A10',
    what: 'HTTP: refused',
    value: refused.length,
    unit: '',
    limit: 1,
    atLeast: true,
  });
  figure(
    'answers other than 200 and 503',
    answers.filter(({ status }) => ![200, 503].includes(status)).length,
    '',
    0,
  );
  figure(
    'refusals without Retry-After',
    refused.filter(({ retryAfter }) => !/^\d+$/.test(retryAfter ?? '')).length,
    '',
    0,
  );
  figure('slowest refusal', Math.max(...refused.map(({ elapsedMs }) => elapsedMs)), 'ms', 6_000);
  for (const { path, slowestMs, odd } of probes) {
    figure(`slowest ${path}`, slowestMs, 'ms', 1_500);
    figure(`wrong statuses of ${path}`, odd, '', 0);
  }
  figure('most connections', connections, '', MOST_CONNECTIONS);
  const causeEndedAt = lastBlockedAt(answers, clearedAt, BLOCKED_MS);
  figure(
    'ten good answers in a row after the last blocked find',
    Math.max(0, normalAt - causeEndedAt),
    'ms',
    2_000,
  );
});
