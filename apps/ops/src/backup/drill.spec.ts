import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import type { Progress } from '../terminal/progress.ts';
import { createBackup } from './create-backup.ts';
import { drill, DRILL_PREFIX } from './drill.ts';

describe(drill.name, () => {
  let server: MongodServer;
  let client: mongo.MongoClient;
  let out: string;
  let folder: string;
  let notes: string[];
  const progress: Progress = {
    bar: () => ({ update: () => undefined, finish: () => undefined }),
    note: (text) => void notes.push(text),
    stop: () => undefined,
  };
  const { signal } = new AbortController();

  beforeAll(async () => {
    server = await MongodServer.start();
    client = await mongo.MongoClient.connect(server.uri());
    out = await mkdtemp(join(tmpdir(), 'backups-'));
    await client.db('shop').collection('items').insertOne({ n: 1 });
    ({ path: folder } = await createBackup({ db: client.db('shop'), out }));
  });
  beforeEach(() => {
    notes = [];
  });
  afterEach(async () => {
    await server.clearFailPoint();
    for (const name of await scratches()) await client.db(name).dropDatabase();
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
    await rm(out, { recursive: true, force: true });
  });

  async function scratches(): Promise<string[]> {
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    return databases.map(({ name }) => name).filter((name) => name.startsWith(DRILL_PREFIX));
  }

  it('leaves nothing', async () => {
    await expect(drill({ client, folder, progress, signal })).resolves.toEqual([]);
    expect(await scratches()).toEqual([]);
    expect(notes.join()).not.toContain(DRILL_PREFIX);
  });

  it('tells of what a drill before it has left, and leaves it there', async () => {
    const left = `${DRILL_PREFIX}0123456789ab`;
    await client.db(left).collection('items').insertOne({});
    await expect(drill({ client, folder, progress, signal })).resolves.toEqual([]);
    expect(notes).toContainEqual(expect.stringContaining(left));
    expect(await scratches()).toEqual([left]);
  });

  it('names the scratch database that cannot be dropped', async () => {
    await server.failPoint({ failCommands: ['dropDatabase'], errorCode: 13 });
    const [failure] = await Promise.allSettled([drill({ client, folder, progress, signal })]);
    const [scratch = ''] = await scratches();
    expect(failure).toMatchObject({
      reason: { code: 'BACKUP_DRILL_NOT_ENDED', message: expect.stringContaining(scratch) },
    });
  });

  it('does not hide what ended it behind a scratch database that cannot be dropped', async () => {
    await server.failPoint({ failCommands: ['dropDatabase', 'createIndexes', 'find'], errorCode: 8_000 });
    await expect(drill({ client, folder, progress, signal })).rejects.toMatchObject({
      code: 'BACKUP_DRILL_NOT_ENDED',
      message: expect.stringContaining('The drill did not come to its end'),
    });
    const [scratch = ''] = await scratches();
    expect(notes).toContainEqual(expect.stringContaining(scratch));
  });
});
