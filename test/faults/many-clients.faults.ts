import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fillContacts } from '../../apps/api/test/open-exports.ts';
import { ApiProcess } from '../support/api-process.ts';
import { countConnections } from '../support/count-connections.ts';
import { expectFigure } from '../support/figures.ts';
import { Prober } from '../support/prober.ts';
import { readProductionStart } from '../support/production-start.ts';
import { TestDatabase } from '../support/test-database.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Some are let go while the others come. */
const MOST_CLIENTS = 2_020;
const CROWD = resolve(import.meta.dirname, 'crowd.ts');
/** Of the 512 MB of its container: what is left is for the buffers of the system, and for features. */
const MEMORY_LIMIT_MB = 384;
/** Over the longest of the limits in time, and what it takes to see that they are over. */
const LET_GO_MS = 120_000;

let database: TestDatabase;
let api: ApiProcess;
let crowd: ChildProcessByStdio<Writable, Readable, null> | undefined;
beforeEach(async () => {
  database = await TestDatabase.start();
  const { flags, variables } = await readProductionStart();
  api = await ApiProcess.start({ ...variables, MONGODB_URI: database.uri }, { flags });
  await api.until('/health/startup', 200);
});
afterEach(async () => {
  crowd?.kill();
  await api?.stop();
  await database?.stop();
});

/** Resolves when all clients of `crowd.ts` have come. */
async function gather(): Promise<void> {
  crowd = spawn(process.execPath, [CROWD, new URL(api.url).port], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((done) => crowd?.stdout.once('data', done));
}

/** The most that the process ever had resident, in MB. */
async function peakMb(): Promise<number> {
  const status = await readFile(`/proc/${api.pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_024);
}

/** What a client like any other is told while the rest goes on. */
class GoodClient {
  readonly small: number[] = [];
  readonly large: number[] = [];
  /** Refusals that did not say when to try again. */
  silent = 0;
  #n = 0;

  async post(): Promise<void> {
    this.#n += 1;
    this.small.push(await this.#send({ email: `good.${this.#n}@example.org` }));
    // Too long for its field, which is told when there is room for it.
    this.large.push(await this.#send({ email: 'large@example.org', notes: 'x'.repeat(300_000) }));
  }

  async #send(body: object): Promise<number> {
    const headers = { 'content-type': 'application/json' };
    const answer = await api.request('/contacts', { method: 'POST', headers, body: JSON.stringify(body) });
    await answer.arrayBuffer();
    if (answer.status === 503 && !answer.headers.has('retry-after')) this.silent += 1;
    return answer.status;
  }
}

async function exportStatus(): Promise<number> {
  const answer = await api.request('/contacts/export?status=replied');
  await answer.arrayBuffer();
  return answer.status;
}

it('A24: many clients at once that send much, or take little, in the memory of the container', async () => {
  await fillContacts(database.db.collection('contacts'));
  // As in a service that has run for a while.
  await (await api.request('/contacts/export')).arrayBuffer();
  const { pid } = api;
  const probers = ['/health/live', '/health/ready'].map((path) => new Prober(`${api.url}${path}`));
  const good = new GoodClient();
  const startedAt = performance.now();
  await gather();
  expect(await countConnections(api.port)).toBeGreaterThan(MOST_CLIENTS / 2);
  await good.post();
  const exportsRefused = (await exportStatus()) === 503;
  const isSoon = await waitUntil(async () => {
    await good.post();
    return (await exportStatus()) === 200;
  }, LET_GO_MS);
  const exportAfterMs = performance.now() - startedAt;
  const areLetGo = await waitUntil(async () => (await countConnections(api.port)) <= 10, LET_GO_MS);
  const letGoMs = performance.now() - startedAt;
  await good.post();
  const probes = (await Promise.all(probers.map(async (prober) => prober.stop()))).flat();
  expect(api.isRunning && api.pid === pid).toBe(true);
  expect(exportsRefused).toBe(true);
  expect([isSoon, areLetGo]).toEqual([true, true]);
  const figure = (what: string, value: number, unit: string, limit: number): void =>
    expectFigure({ row: 'A24', what: `many clients: ${what}`, value, unit, limit });
  figure('most resident memory', await peakMb(), 'MB', MEMORY_LIMIT_MB);
  figure('probes that failed', probes.filter(({ status }) => status !== 200).length, '', 0);
  figure('slowest probe', Math.max(...probes.map(({ elapsedMs }) => elapsedMs)), 'ms', 1_500);
  figure('small bodies of others refused', good.small.filter((status) => status !== 201).length, '', 0);
  figure('refusals without Retry-After', good.silent, '', 0);
  figure('another export accepted after', exportAfterMs, 'ms', 60_000);
  figure('all let go after', letGoMs, 'ms', LET_GO_MS);
  // There may be room for one where those that were refused have left theirs.
  expect(good.large.filter((status) => ![503, 400].includes(status))).toEqual([]);
  expect(good.large.at(-1)).toBe(400);
  expect(await exportStatus()).toBe(200);
  expect((await api.request('/contacts?limit=100')).status).toBe(200);
});
