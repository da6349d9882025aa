import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { mongo } from 'mongoose';
import { ApiProcess } from '../support/api-process.ts';
import { countConnections } from '../support/count-connections.ts';
import { percentile } from '../support/figures.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { readProductionStart } from '../support/production-start.ts';
import { plot } from './plot.ts';
import { judge, type Sample } from './verdict.ts';
import { Traffic } from './traffic.ts';

// npm run test:soak [-- --minutes N --out FOLDER]: traffic for ten minutes, the database killed and started every minute; a verdict and a plot.

const REPORTS = resolve(import.meta.dirname, '../../reports');
const PER_SECOND = 50;
const SAMPLE_MS = 2_000;
const KILL_EVERY_MS = 60_000;
/** The first kill comes early, so that a short run has met one when it is taken for warm. */
const FIRST_KILL = 0.1;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, out: { type: 'string', default: REPORTS } },
});
const durationMs = Number(values.minutes) * 60_000;
if (!(durationMs > 0)) throw new RangeError('--minutes must be a number over 0');
const killsAt = planKills();

const server = await MongodServer.start();
// The server does not keep this process alive, and its end is waited for.
const alive = setInterval(() => undefined, 60_000);
// As in production: left to itself V8 takes memory by the size of the machine, and gives it back in leaps.
const { flags, variables } = await readProductionStart();
const api = await ApiProcess.start(
  { MONGODB_URI: server.uri('soak'), MONGODB_INDEXES: 'build', ...variables },
  { flags },
);
try {
  await api.until('/health/ready', 200);
  const { samples, kills, traffic } = await soak();
  const lost = await countLost(traffic);
  await draw(samples, kills);
  const rows = judge(samples, {
    lost,
    odd: traffic.odd,
    output: api.output,
    isRunning: api.isRunning,
    traffic: traffic.counts,
    kills: kills.length,
    plan: {
      turns: (durationMs / 1_000) * PER_SECOND,
      kills: killsAt.length,
    },
  });
  for (const { what, text, isMet } of rows)
    process.stdout.write(`${isMet ? 'met    ' : 'NOT met'} ${what}: ${text}\n`);
  const { turns, skipped } = traffic.counts;
  const sums = `${turns - skipped} requests, ${traffic.acknowledged.size} contacts, ${kills.length} kills`;
  process.stdout.write(
    `A46: ${sums}, ${skipped} not sent for lack of answers, ${traffic.retries} sent again; plot in ${join(values.out, 'soak.svg')}\n`,
  );
  for (const line of traffic.odd.slice(0, 5)) process.stdout.write(`odd: ${line}\n`);
  if (rows.some(({ isMet }) => !isMet)) process.exitCode = 1;
} finally {
  await api.stop();
  await server.stop();
  clearInterval(alive);
}

/** Milliseconds from the start; none when it ends before it is worth it. */
function planKills(): number[] {
  const first = Math.min(KILL_EVERY_MS, durationMs * FIRST_KILL);
  if (durationMs <= KILL_EVERY_MS) return [];
  const count = Math.ceil((durationMs - first) / KILL_EVERY_MS);
  return Array.from({ length: count }, (_, n) => first + n * KILL_EVERY_MS);
}

async function soak(): Promise<{ samples: Sample[]; kills: number[]; traffic: Traffic }> {
  const traffic = new Traffic(api.url, PER_SECOND);
  const startedAt = performance.now();
  const now = (): number => performance.now() - startedAt;
  const samples: Sample[] = [];
  const kills: number[] = [];
  let killing = Promise.resolve();
  while (now() < durationMs) {
    await sleep(SAMPLE_MS);
    samples.push(await takeSample(traffic, now() / 1_000));
    if (now() >= (killsAt[kills.length] ?? Infinity)) {
      kills.push(now() / 1_000);
      killing = killing.then(async () => server.kill()).then(async () => server.restart());
    }
    if (process.stderr.isTTY)
      process.stderr.write(`\rsoak: ${(now() / 60_000).toFixed(1)} of ${values.minutes} min `);
  }
  await killing;
  await traffic.stop();
  return { samples, kills, traffic };
}

async function takeSample(traffic: Traffic, atSeconds: number): Promise<Sample> {
  const text = await (await api.request('/metrics')).text();
  const metric = (name: string): number =>
    Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const { latenciesMs, unavailable } = traffic.takeWindow();
  return {
    atSeconds,
    memoryBytes: metric('process_resident_memory_bytes'),
    handles: metric('process_open_fds'),
    connections: metric('mongodb_pool_connections') + (await countConnections(api.port)),
    medianMs: latenciesMs.length === 0 ? Number.NaN : percentile(latenciesMs, 0.5),
    p99Ms: latenciesMs.length === 0 ? Number.NaN : percentile(latenciesMs, 0.99),
    unavailable,
  };
}

/** Acknowledged contacts that are not stored under their id. */
async function countLost({ acknowledged }: Traffic): Promise<number> {
  const client = await mongo.MongoClient.connect(server.uri('soak'));
  try {
    const contacts = await client.db().collection('contacts').find().toArray();
    const stored = new Map(contacts.map(({ email, _id }) => [String(email), String(_id)]));
    return [...acknowledged].filter(([email, id]) => stored.get(email) !== id).length;
  } finally {
    await client.close();
  }
}

async function draw(samples: readonly Sample[], kills: readonly number[]): Promise<void> {
  const of = (pick: (sample: Sample) => number): number[] => samples.map(pick);
  const svg = plot(
    of(({ atSeconds }) => atSeconds),
    [
      {
        title: 'Resident memory',
        unit: 'MB',
        series: [{ name: 'service', values: of((s) => s.memoryBytes / 1e6) }],
      },
      {
        title: 'Open files',
        unit: '',
        series: [
          { name: 'all', values: of((s) => s.handles) },
          { name: 'beside connections', values: of((s) => s.handles - s.connections) },
        ],
      },
      {
        title: 'Latency',
        unit: 'ms',
        series: [
          { name: 'median', values: of((s) => s.medianMs) },
          { name: 'p99', values: of((s) => s.p99Ms) },
        ],
      },
      {
        title: 'Answers 503',
        unit: '',
        series: [{ name: `in ${SAMPLE_MS / 1_000} s`, values: of((s) => s.unavailable) }],
      },
    ],
    kills,
  );
  await mkdir(values.out, { recursive: true });
  await writeFile(join(values.out, 'soak.svg'), svg);
}
