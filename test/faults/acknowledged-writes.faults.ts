import { Logger } from '@nestjs/common';
import { mongo } from 'mongoose';
import { ApiProcess } from '../support/api-process.ts';
import { expectFigure } from '../support/figures.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { ReplicaSet } from '../support/replica-set.ts';
import { waitUntil } from '../support/wait-until.ts';
import { HttpLoad } from './http-load.ts';
import { connectEntries, Load } from './repository-load.ts';

const KILLS = 20;
const FAILOVERS = 10;
/** Acknowledged writes between two kills; together over the 10,000 of the row. */
const WRITES_PER_KILL = 300;
const DATABASE = 'faults';

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

/** Waits until `count()` has grown by so many. */
async function grow(count: () => number, by: number): Promise<void> {
  const target = count() + by;
  if (!(await waitUntil(() => count() >= target, 60_000)))
    throw new Error(`Only ${count()} of ${target} writes`);
}

async function killAgainAndAgain(server: MongodServer, count: () => number): Promise<void> {
  for (let kill = 0; kill < KILLS; kill += 1) {
    await grow(count, WRITES_PER_KILL);
    await server.kill();
    await server.restart();
  }
  await grow(count, WRITES_PER_KILL);
}

/** Contacts that were acknowledged and are not stored as they were, and those that a repetition found to be there already. */
async function compareContacts(uri: string, load: HttpLoad): Promise<{ lost: number; doubled: number }> {
  const client = await mongo.MongoClient.connect(uri);
  try {
    const contacts = await client.db().collection('contacts').find().toArray();
    const stored = new Map(contacts.map(({ email, _id }) => [String(email), String(_id)]));
    const lost = [...load.acknowledged].filter(([email, id]) => stored.get(email) !== id).length;
    return { lost, doubled: load.odd.filter(({ status }) => status === 409).length };
  } finally {
    await client.close();
  }
}

function expectKept(
  row: string,
  what: string,
  kept: { acknowledged: number; lost: number; doubled: number },
): void {
  const { acknowledged, lost, doubled } = kept;
  const limit = row === 'A07' ? 5_000 : 500;
  expectFigure({ row, what: `${what}: acknowledged`, value: acknowledged, unit: '', limit, atLeast: true });
  expectFigure({ row, what: `${what}: lost`, value: lost, unit: '', limit: 0 });
  expectFigure({ row, what: `${what}: done twice`, value: doubled, unit: '', limit: 0 });
}

describe(`A07: ${KILLS} times kill -9`, () => {
  it('loses no write that the repository has acknowledged', async () => {
    const server = await MongodServer.start();
    const { connection, entries } = await connectEntries(server.uri(DATABASE));
    try {
      const load = await Load.start(entries, { readers: 0 });
      await killAgainAndAgain(server, () => load.acknowledged.length);
      await load.stop();
      expect(load.unnamedFailures).toEqual([]);
      expectKept('A07', 'repository', {
        acknowledged: load.acknowledged.length,
        ...(await load.compare(entries)),
      });
    } finally {
      await connection.close();
      await server.stop();
    }
  }, 300_000);

  it('loses no contact that was acknowledged over HTTP, and makes none twice', async () => {
    const server = await MongodServer.start();
    const api = await ApiProcess.start({ MONGODB_URI: server.uri(DATABASE), MONGODB_INDEXES: 'build' });
    try {
      await api.until('/health/ready', 200);
      const load = new HttpLoad(api.url);
      await killAgainAndAgain(server, () => load.acknowledged.size);
      await load.stop();
      const kept = await compareContacts(server.uri(DATABASE), load);
      expectKept('A07', 'HTTP', { acknowledged: load.acknowledged.size, ...kept });
      expect(load.odd).toEqual([]);
    } finally {
      await api.stop();
      await server.stop();
    }
  }, 300_000);
});

it(`A09: ${FAILOVERS} killed primaries lose no contact, and each client error is a 503`, async () => {
  const set = await ReplicaSet.start(3, { electionTimeoutMillis: 2_000 });
  const api = await ApiProcess.start({ MONGODB_URI: set.uri(DATABASE), MONGODB_INDEXES: 'build' });
  try {
    await api.until('/health/ready', 200);
    const load = new HttpLoad(api.url);
    for (let failover = 0; failover < FAILOVERS; failover += 1) {
      await grow(() => load.acknowledged.size, 50);
      const primary = await set.primary();
      await set.kill(primary);
      await set.primary();
      await grow(() => load.acknowledged.size, 10);
      await set.restart(primary);
    }
    await load.stop();
    const kept = await compareContacts(set.uri(DATABASE), load);
    expectKept('A09', 'HTTP, ten failovers', { acknowledged: load.acknowledged.size, ...kept });
    expectFigure({
      row: 'A09',
      what: 'HTTP: longest time without a write',
      value: load.longestGapMs,
      unit: 'ms',
      limit: 15_000,
    });
    expect(load.odd).toEqual([]);
  } finally {
    await api.stop();
    await set.stop();
  }
}, 600_000);
