import { join } from 'node:path';
import type { mongo } from 'mongoose';
import type { MongodServer } from '../../../../test/support/mongod-server.ts';
import { RestoreContext } from '../../test/restore-context.ts';
import { describeDatabase } from '../../test/restore-fixture.ts';
import { MARKER_COLLECTION } from '../backup/dump-format/names.ts';
import { restoreBackup } from './restore-backup.ts';

describe('a restore into a database with data', () => {
  let context: RestoreContext;
  let server: MongodServer;
  let client: mongo.MongoClient;
  let folder: string;
  let path: string;

  beforeAll(async () => {
    context = await RestoreContext.start();
    ({ server, client, folder } = context);
    path = await context.backup('every');
  });
  afterEach(async () => {
    await server.clearFailPoint();
    await client.db('target').dropDatabase();
  });
  afterAll(() => context?.stop());

  it('saves what it drops, so that it can be restored again', async () => {
    const target = client.db('target');
    await target.collection('people').insertOne({ _id: 1 as never, name: 'other' });
    await target.createCollection('shown', { viewOn: 'people', pipeline: [] });
    const before = await describeDatabase(target);
    const report = await restoreBackup({
      client,
      path,
      to: 'target',
      shouldDrop: true,
      safetyFolder: folder,
    });
    expect(report).toMatchObject({ isComplete: true, dropped: ['people', 'shown'] });
    await expect(describeDatabase(target)).resolves.toEqual(context.source);
    await target.dropDatabase();
    await restoreBackup({ client, path: report.safetyBackup ?? '', to: 'target' });
    await expect(describeDatabase(target)).resolves.toEqual(before);
  });

  it('drops nothing when somebody writes while it is saved', async () => {
    const target = client.db('target');
    for (const name of ['orders', 'people']) await target.collection(name).insertOne({ n: 1 });
    // Time for what is written meanwhile.
    await server.failPoint({ failCommands: ['find'], blockConnection: true, blockTimeMS: 300 });
    for (const [written, into] of [
      ['orders: 1 more documents', 'orders'],
      ['the collection new_orders', 'new_orders'],
    ] as const) {
      // Not while the dump itself is looked through.
      let isWritten = true;
      const bar = () => {
        if (!isWritten) void target.collection(into).insertOne({ n: 2 });
        isWritten = true;
        return { update: () => undefined, finish: () => undefined };
      };
      const progress = { bar, note: () => void (isWritten = false), stop: () => undefined };
      const options = { client, path, to: 'target', shouldDrop: true, progress };
      const safetyFolder = join(folder, into);
      await expect(restoreBackup({ ...options, safetyFolder })).rejects.toMatchObject({
        code: 'TARGET_CHANGED',
        message: expect.stringContaining(written),
      });
    }
    await expect(target.collection('orders').countDocuments()).resolves.toBe(2);
    await expect(target.collection(MARKER_COLLECTION).countDocuments()).resolves.toBe(0);
  });

  it('drops what was created since it looked, too', async () => {
    const target = client.db('target');
    await target.collection('other').insertOne({});
    const onInsert = ({ commandName, command }: mongo.CommandStartedEvent): void => {
      if (commandName !== 'insert' || command.insert !== MARKER_COLLECTION) return;
      client.off('commandStarted', onInsert);
      void target.createCollection('late');
    };
    client.on('commandStarted', onInsert);
    await server.failPoint({
      failCommands: ['insert'],
      mode: { times: 1 },
      blockConnection: true,
      blockTimeMS: 500,
    });
    try {
      const report = await restoreBackup({ client, path, to: 'target', shouldDrop: true });
      expect(report).toMatchObject({ isComplete: true, dropped: ['late', 'other'] });
    } finally {
      client.off('commandStarted', onInsert);
      await server.clearFailPoint();
    }
    await expect(describeDatabase(target)).resolves.toEqual(context.source);
  });

  it('drops nothing when it cannot be saved', async () => {
    await client.db('target').collection('precious').insertOne({});
    const safetyFolder = join(path, 'manifest.json');
    const refused = restoreBackup({ client, path, to: 'target', shouldDrop: true, safetyFolder });
    await expect(refused).rejects.toMatchObject({ code: 'SAFETY_BACKUP_FAILED' });
    await expect(client.db('target').collection('precious').countDocuments()).resolves.toBe(1);
  });
});
