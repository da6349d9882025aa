import { DatabaseConnection } from '#database';
import { TestApplication } from '../../../test/support/application.ts';
import { expectFigure } from '../../../test/support/figures.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { Prober } from '../../../test/support/prober.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';

const POOL_SIZE = 5;
const BLOCKED_MS = 6_000;

let server: MongodServer;
let api: TestApplication;
beforeAll(async () => {
  server = await MongodServer.start();
  api = await TestApplication.start({
    MONGODB_URI: server.uri('app'),
    MONGODB_MAX_POOL_SIZE: String(POOL_SIZE),
    MONGODB_WAIT_QUEUE_TIMEOUT_MS: '20000',
  });
  await api.until('/health/ready', 200);
  // Reads the key of the cursors, once.
  await api.until('/contacts', 200);
});
afterAll(async () => {
  await api?.stop();
  await server?.stop();
});

async function timed(
  path: string,
): Promise<{ status: number; retryAfter: string | null; elapsedMs: number }> {
  const startedAt = performance.now();
  const answer = await api.request(path);
  await answer.text();
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    elapsedMs: performance.now() - startedAt,
  };
}

describe('A10: more requests than the pool can serve', () => {
  it('are refused at once, while probes answer, and served again with the end of the cause', async () => {
    const prober = new Prober(`${api.url}/health`);
    await server.failPoint({ failCommands: ['find'], blockConnection: true, blockTimeMS: BLOCKED_MS });
    const first = Array.from({ length: 4 * POOL_SIZE }, async (_, n) =>
      timed(`/contacts?email=a${n}@example.org`),
    );
    const connection = api.app.get(DatabaseConnection);
    expect(await waitUntil(() => connection.pool.waiting > POOL_SIZE)).toBe(true);
    let refused = await timed('/contacts');
    while (refused.status !== 503) refused = await timed('/contacts?limit=1');
    const late = await Promise.all(Array.from({ length: 20 }, async () => timed('/contacts')));
    expect(late.map(({ status }) => status)).toEqual(late.map(() => 503));
    expect(late.every(({ retryAfter }) => /^\d+$/.test(retryAfter ?? ''))).toBe(true);
    const slowestMs = Math.max(...late.map(({ elapsedMs }) => elapsedMs));
    expectFigure({
      row: 'A10',
      what: 'slowest refusal while it lasts',
      value: slowestMs,
      unit: 'ms',
      limit: 500,
    });
    expect((await timed('/metrics')).status).toBe(200);
    await server.clearFailPoint();
    const endedAt = performance.now();
    await Promise.all(first);
    await api.until('/contacts', 200);
    // The finds that were blocked already had that long to go at most.
    expectFigure({
      row: 'A10',
      what: 'normal again after the last blocked call could end',
      value: Math.max(0, performance.now() - endedAt - BLOCKED_MS),
      unit: 'ms',
      limit: 2_000,
    });
    const probes = await prober.stop();
    expect(probes.every(({ status }) => status === 200 || status === 503)).toBe(true);
    const slowestProbeMs = Math.max(...probes.map(({ elapsedMs }) => elapsedMs));
    expectFigure({
      row: 'A10',
      what: 'slowest /health with a small pool',
      value: slowestProbeMs,
      unit: 'ms',
      limit: 1_500,
    });
  });
});
