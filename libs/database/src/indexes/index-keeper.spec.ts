import { loadConfiguration } from '#config';
import { Logger, type LoggerService } from '@nestjs/common';
import { Schema } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import { applyIndexes } from './apply-indexes.ts';
import { IndexKeeper, type IndexPolicy } from './index-keeper.ts';

const schema = new Schema({ email: { type: String, unique: true }, name: { type: String, index: true } });

describe(IndexKeeper.name, () => {
  let database: TestDatabase;
  let lines: string[];
  const opened: { connection: DatabaseConnection; keeper: IndexKeeper }[] = [];
  beforeAll(async () => {
    database = await TestDatabase.start();
  });
  beforeEach(() => {
    lines = [];
    Logger.overrideLogger(recorder(lines));
  });
  afterEach(async () => {
    for (const { connection, keeper } of opened.splice(0)) {
      keeper.onApplicationShutdown();
      await connection.close();
    }
    await database.db.dropDatabase();
  });
  afterAll(async () => {
    Logger.overrideLogger(true);
    await database.stop();
  });

  /** A process that has started with the model `Contact`. */
  async function start(policy: IndexPolicy, { uri = database.uri, of = schema } = {}) {
    const connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: uri }).database);
    const model = connection.mongoose.model('Contact', of, 'contacts');
    const keeper = new IndexKeeper(connection, policy, { recheckMs: 50 });
    opened.push({ connection, keeper });
    keeper.onApplicationBootstrap();
    connection.start();
    expect(await waitUntil(() => connection.isStarted)).toBe(true);
    return { connection, keeper, model };
  }

  const contacts = () => database.db.collection('contacts');
  const indexNames = async () =>
    (
      await contacts()
        .listIndexes()
        .toArray()
        .catch(() => [])
    )
      .map(({ name }) => String(name))
      .sort();

  it('builds at the start where that is wanted, before the application counts as started', async () => {
    const { keeper } = await start('build');
    expect(await indexNames()).toEqual(['_id_', 'email_1', 'name_1']);
    expect(keeper.state).toEqual({ status: 'complete', missingUnique: [], checkedAt: expect.any(Date) });
  });

  it('drops nothing while it builds', async () => {
    await contacts().createIndex({ old: 1 });
    await start('build');
    expect(await indexNames()).toContain('old_1');
  });

  it('leaves a schema alone that asks for it, and checks it all the same', async () => {
    const of = new Schema({ email: { type: String, unique: true } }, { autoIndex: false });
    const { keeper } = await start('build', { of });
    expect(await indexNames()).toEqual([]);
    expect(keeper.state).toMatchObject({ status: 'incomplete', missingUnique: ['contacts.email_1'] });
  });

  it('starts and says so when duplicates prevent a unique index', async () => {
    await contacts().insertMany([{ email: 'secret' }, { email: 'secret' }]);
    const { keeper } = await start('build');
    expect(keeper.state).toMatchObject({ status: 'incomplete', missingUnique: ['contacts.email_1'] });
    expect(lines.join('\n')).toContain(
      'contacts.email_1: build failed: Several documents have the same email',
    );
    expect(lines.join('\n')).not.toContain('secret');
  });

  it('builds nothing where it shall only check, and notices without a restart when that was done', async () => {
    const { keeper, model } = await start('check');
    expect(await indexNames()).toEqual([]);
    expect(keeper.state).toMatchObject({ status: 'incomplete', missingUnique: ['contacts.email_1'] });
    expect(lines.filter((line) => line.includes('contacts.email_1'))).toHaveLength(1);
    await applyIndexes(database.db, [model]);
    expect(await waitUntil(() => keeper.state.status === 'complete')).toBe(true);
    expect(lines.filter((line) => line.includes('unique index'))).toHaveLength(2);
  });

  it('does not call it incomplete that an index is missing which is not unique', async () => {
    await contacts().createIndex({ email: 1 }, { unique: true });
    const { keeper } = await start('check');
    expect(keeper.state).toMatchObject({ status: 'complete', missingUnique: [] });
  });

  it('looks no more once all was there', async () => {
    await contacts().createIndex({ email: 1 }, { unique: true });
    const { keeper } = await start('check');
    const { checkedAt } = keeper.state;
    await contacts().dropIndexes();
    // Several rounds of another one, which does look.
    const other = await start('check', { of: new Schema({ other: { type: String, unique: true } }) });
    const first = other.keeper.state.checkedAt?.getTime() ?? 0;
    expect(await waitUntil(() => (other.keeper.state.checkedAt?.getTime() ?? 0) > first + 150)).toBe(true);
    expect(keeper.state).toEqual({ status: 'complete', missingUnique: [], checkedAt });
  });

  it('asks nobody when it is off', async () => {
    const { keeper } = await start('off');
    expect(keeper.state).toEqual({ status: 'off', missingUnique: [], checkedAt: null });
  });

  it('keeps no application from starting whose user may not list indexes', async () => {
    const server = await MongodServer.start({ auth: { username: 'root', password: 'not-a-secret-1' } });
    try {
      const privileges = [{ resource: { db: 'shop', collection: '' }, actions: ['find', 'listCollections'] }];
      await server.command({ createRole: 'finder', privileges, roles: [] });
      await server.command({ createUser: 'blind', pwd: 'not-a-secret-3', roles: ['finder'] });
      const uri = `mongodb://blind:not-a-secret-3@127.0.0.1:${server.port}/shop?authSource=admin`;
      const root = new DatabaseConnection(loadConfiguration({ MONGODB_URI: server.uri('shop') }).database);
      root.start();
      await root.whenSettled();
      await root.db.collection('contacts').insertOne({});
      await root.close();
      const { keeper } = await start('check', { uri });
      expect(keeper.state).toMatchObject({ status: 'unknown', missingUnique: [] });
      expect(lines.join('\n')).toContain('may not list indexes');
    } finally {
      await server.stop();
    }
  });
});

function recorder(lines: string[]): LoggerService {
  const keep = (message: unknown): void => void lines.push(String(message));
  return { log: keep, warn: keep, error: keep };
}
