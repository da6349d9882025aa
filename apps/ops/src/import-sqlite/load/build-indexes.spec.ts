import { mongo } from 'mongoose';
import { MongodServer } from '../../../../../test/support/mongod-server.ts';
import type { IndexPlan } from '../plan/import-plan.ts';
import { buildIndexes } from './build-indexes.ts';

const HANG = 'hangAfterStartingIndexBuild';
const UNIQUE: IndexPlan = { name: 'by_n', keys: [['n', 1]], options: { unique: true } };

describe(buildIndexes.name, () => {
  let server: MongodServer;
  let client: mongo.MongoClient;
  let collection: mongo.Collection;
  beforeAll(async () => {
    server = await MongodServer.start();
    client = await new mongo.MongoClient(server.uri()).connect();
    collection = client.db('app').collection('rows');
    await collection.insertMany([
      { n: 1, m: 1 },
      { n: 2, m: 1 },
    ]);
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  it('does not wait for a build when it is told to end, and for its rest when it is run again', async () => {
    await server.command({ configureFailPoint: HANG, mode: 'alwaysOn' });
    try {
      const signal = AbortSignal.timeout(300);
      await expect(buildIndexes(collection, [UNIQUE], signal)).rejects.toMatchObject({
        name: 'TimeoutError',
      });
    } finally {
      await server.command({ configureFailPoint: HANG, mode: 'off' });
    }
    const built = await buildIndexes(collection, [UNIQUE], new AbortController().signal);
    expect(built).toEqual([{ name: 'by_n', keys: { n: 1 }, isUnique: true, status: 'ready' }]);
  });

  it('says which cannot be built, and builds the others', async () => {
    const plans: IndexPlan[] = [
      { name: 'm_-1', keys: [['m', -1]], options: { unique: true } },
      { name: 'm_1', keys: [['m', 1]], options: {} },
    ];
    const built = await buildIndexes(collection, plans, new AbortController().signal);
    expect(built).toMatchObject([
      { name: 'm_-1', status: 'failed', reason: expect.any(String) },
      { name: 'm_1', status: 'ready' },
    ]);
  });

  it('ends when the server is away', async () => {
    await server.command({
      configureFailPoint: 'failCommand',
      mode: 'alwaysOn',
      data: { failCommands: ['createIndexes'], closeConnection: true },
    });
    try {
      await expect(buildIndexes(collection, [UNIQUE], new AbortController().signal)).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
      });
    } finally {
      await server.command({ configureFailPoint: 'failCommand', mode: 'off' });
    }
  });
});
