import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProcess } from '../support/api-process.ts';
import { expectFigure } from '../support/figures.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { Prober } from '../support/prober.ts';

const CALLS = 300;
const BLOCKED_MS = 3_000;
/** Requests a second that go on coming while the server takes its time. */
const MORE_PER_SECOND = 50;
const MORE_FOR_MS = 9_000;
/** Good answers one after the other that are taken for normal again. */
const GOOD_IN_A_ROW = 10;
/** The default of the pool, with the driver's monitors and this test beside it. */
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
  retryAfter: string | null;
}

async function ask(path: string): Promise<Answer> {
  const startedAt = performance.now();
  const answer = await api.request(path);
  await answer.text();
  return {
    status: answer.status,
    elapsedMs: performance.now() - startedAt,
    retryAfter: answer.headers.get('retry-after'),
  };
}

async function countConnections(): Promise<number> {
  const { connections } = await server.command({ serverStatus: 1 });
  return Number(connections.current);
}

/** When the first of the good answers was asked for. */
async function whenNormal(): Promise<number> {
  let [since, good] = [performance.now(), 0];
  while (good < GOOD_IN_A_ROW) {
    const askedAt = performance.now();
    const { status } = await ask('/contacts?email=r@example.org');
    if (good === 0) since = askedAt;
    good = status === 200 ? good + 1 : 0;
  }
  return since;
}

it('A10: over HTTP, with the defaults: what cannot be served is refused, probes answer, and it ends with its cause', async () => {
  const prober = new Prober(`${api.url}/health`);
  await server.failPoint({ failCommands: ['find'], blockConnection: true, blockTimeMS: BLOCKED_MS });
  const asked = Array.from({ length: CALLS }, async (_, n) => ask(`/contacts?email=p${n}@example.org`));
  const endAt = performance.now() + MORE_FOR_MS;
  let connections = 0;
  for (let n = 0; performance.now() < endAt; n += 1) {
    asked.push(ask(`/contacts?email=q${n}@example.org`));
    if (n % MORE_PER_SECOND === 0) connections = Math.max(connections, await countConnections());
    await sleep(1_000 / MORE_PER_SECOND);
  }
  await server.clearFailPoint();
  const clearedAt = performance.now();
  const normalAt = await whenNormal();
  const answers = await Promise.all(asked);
  const probes = await prober.stop();

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
  figure('slowest /health', Math.max(...probes.map(({ elapsedMs }) => elapsedMs)), 'ms', 1_500);
  figure('most connections', connections, '', MOST_CONNECTIONS);
  // The finds that were blocked already had that long to go at most.
  figure('normal after the cause', Math.max(0, normalAt - clearedAt - BLOCKED_MS), 'ms', 2_000);
});
