import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseConnection } from '#database';
import { TestApplication } from '../../../test/support/application.ts';
import { expectFigure } from '../../../test/support/figures.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { HealthProbers } from '../../../test/support/prober.ts';
import { lastBlockedAt, untilNormal } from '../../../test/support/until-normal.ts';
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

interface Answer {
  status: number;
  retryAfter: string | null;
  elapsedMs: number;
  endedAt: number;
}

async function timed(path: string): Promise<Answer> {
  const startedAt = performance.now();
  const answer = await api.request(path);
  await answer.text();
  const endedAt = performance.now();
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    elapsedMs: endedAt - startedAt,
    endedAt,
  };
}

describe('A10: more requests than the pool can serve', () => {
  it('are refused at once, while probes answer, and served again with the end of the cause', async () => {
    const probers = new HealthProbers(api.url);
    await server.failPoint({ failCommands: ['find'], blockConnection: true, blockTimeMS: BLOCKED_MS });
    const first = Array.from({ length: 4 * POOL_SIZE }, async (_, n) =>
      timed(`/contacts?email=a${n}@example.org`),
    );
    const connection = api.app.get(DatabaseConnection);
    expect(await waitUntil(() => connection.pool.waiting > POOL_SIZE)).toBe(true);
    const more: Promise<Answer>[] = [];
    const refused: Answer[] = [];
    while (refused.length === 0) {
      const asked = timed('/contacts?limit=1').then((answer) => {
        if (answer.status === 503) refused.push(answer);
        return answer;
      });
      more.push(asked);
      await sleep(100);
    }
    const late = await Promise.all(Array.from({ length: 20 }, async () => timed('/contacts')));
    expect(late.map(({ status }) => status)).toEqual(late.map(() => 503));
    expect(late.every(({ retryAfter }) => /^\d+$/.test(retryAfter ?? ''))).toBe(true);
    const slowestLateMs = Math.max(...late.map(({ elapsedMs }) => elapsedMs));
    expectFigure({
      row: 'A10',
      what: 'slowest refusal while it lasts',
      value: slowestLateMs,
      unit: 'ms',
      limit: 500,
    });
    expect((await timed('/metrics')).status).toBe(200);
    await server.clearFailPoint();
    const clearedAt = performance.now();
    const normalAt = await untilNormal(async () => timed('/contacts'));
    const causeEndedAt = lastBlockedAt(await Promise.all([...first, ...more]), clearedAt, BLOCKED_MS);
    const figure = (what: string, value: number, unit: string, limit: number): void =>
      expectFigure({ row: 'A10', what: `small pool: ${what}`, value, unit, limit });
    figure(
      'ten good answers in a row after the last blocked find',
      Math.max(0, normalAt - causeEndedAt),
      'ms',
      2_000,
    );
    for (const { path, slowestMs, odd } of await probers.stop()) {
      figure(`slowest ${path}`, slowestMs, 'ms', 1_500);
      figure(`wrong statuses of ${path}`, odd, '', 0);
    }
  });
});
