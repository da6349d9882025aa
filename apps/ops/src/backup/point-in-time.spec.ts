import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import type { Progress, ProgressBar } from '../terminal/progress.ts';
import { createBackup } from './create-backup.ts';
import { splitDocuments } from './dump-format/bson-walk.ts';
import { readDumpFile } from './dump-format/compression.ts';

const ACCOUNTS = 3_000;
const START = 100;
/** Backups with transfers while they were made. */
const CHANGED_ROUNDS = 3;
const MOST_ROUNDS = 20;

describe('a backup of one moment', () => {
  let database: TestDatabase;
  let out: string;
  beforeEach(async () => {
    database = await TestDatabase.start();
    out = await mkdtemp(join(tmpdir(), 'backups-'));
  });
  afterEach(async () => {
    await rm(out, { recursive: true, force: true });
    await database.stop();
  });

  async function sumOf(path: string, collection: string): Promise<number> {
    let sum = 0;
    for await (const documents of splitDocuments(
      readDumpFile(join(path, database.name, `${collection}.bson`)),
    )) {
      for (const document of documents) sum += Number(mongo.BSON.deserialize(document).balance);
    }
    return sum;
  }

  it('has every transfer between two collections as a whole', async () => {
    const { db } = database;
    for (const name of ['left', 'right']) {
      const accounts = Array.from({ length: ACCOUNTS }, (_, n) => ({
        _id: n,
        balance: START,
        text: 'x'.repeat(2_000),
      }));
      await db.collection<{ _id: number }>(name).insertMany(accounts);
    }
    const stop = new AbortController();
    let transfers = 0;
    const transfer = async (): Promise<void> => {
      for (let n = 0; !stop.signal.aborted; n += 1) {
        const [from, to] = n % 2 === 0 ? ['left', 'right'] : ['right', 'left'];
        await db.client.withSession((session) =>
          session.withTransaction(async () => {
            const id = (n * 7) % ACCOUNTS;
            await db
              .collection<{ _id: number }>(from ?? '')
              .updateOne({ _id: id }, { $inc: { balance: -1 } }, { session });
            await db
              .collection<{ _id: number }>(to ?? '')
              .updateOne({ _id: id }, { $inc: { balance: 1 } }, { session });
          }),
        );
        transfers += 1;
      }
    };
    const working = transfer();
    let changed = 0;
    try {
      // On a busy machine a backup may be over before a transfer is.
      for (let round = 0; changed < CHANGED_ROUNDS && round < MOST_ROUNDS; round += 1) {
        const before = transfers;
        const { path, manifest } = await createBackup({ db, out, name: `round-${round}` });
        if (transfers > before) changed += 1;
        expect(manifest.consistency.kind).toBe('snapshot');
        expect((await sumOf(path, 'left')) + (await sumOf(path, 'right'))).toBe(2 * ACCOUNTS * START);
      }
    } finally {
      stop.abort();
      await working;
    }
    expect(changed).toBe(CHANGED_ROUNDS);
  });

  it('begins again with another moment when a collection goes meanwhile', async () => {
    const { db } = database;
    await db
      .collection('stays')
      .insertMany(Array.from({ length: 5_000 }, (_, n) => ({ n, text: 'x'.repeat(2_000) })));
    await db.collection('goes').insertOne({ n: 1 });
    const notes: string[] = [];
    const progress = {
      // It is gone before it is read: the server then finds no documents, and no error either.
      bar: (name: string) => {
        if (name === 'stays') void db.collection('goes').drop();
        return { update: () => undefined, finish: () => undefined };
      },
      note: (text: string) => void notes.push(text),
      stop: () => undefined,
    };
    const { manifest } = await createBackup({ db, out, progress });
    expect(notes.join()).toContain('trying again');
    expect(manifest.collections.map(({ name }) => name)).toEqual(['stays']);
    expect(manifest.consistency.kind).toBe('snapshot');
  });

  it('falls back, and says so, when the server forgets the moment; with --consistency snapshot it fails', async () => {
    const { db } = database;
    await db.collection('items').insertMany(Array.from({ length: 1_000 }, (_, n) => ({ n })));
    const admin = db.client.db('admin');
    const data = { failCommands: ['find'], errorCode: 239, namespace: `${db.databaseName}.items` };
    try {
      await admin.command({ configureFailPoint: 'failCommand', mode: { times: 3 }, data });
      const { manifest } = await createBackup({ db, out });
      expect(manifest.consistency).toEqual({
        kind: 'none',
        reason: expect.stringContaining('forgot the moment'),
      });
      expect(manifest.totals.documents).toBe(1_000);
      await admin.command({ configureFailPoint: 'failCommand', mode: { times: 3 }, data });
      const wish = createBackup({ db, out, name: 'x', consistency: 'snapshot' });
      await expect(wish).rejects.toMatchObject({ code: 'BACKUP_SNAPSHOT_LOST' });
    } finally {
      await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
    }
  });

  it('begins again after a file was read back in part', async () => {
    const { db } = database;
    const text = 'x'.repeat(1_000_000);
    for (let n = 0; n < 70; n += 1) await db.collection('items').insertOne({ n, text });
    const admin = db.client.db('admin');
    const setFailPoint = (mode: object | 'off', data = {}): Promise<mongo.Document> =>
      admin.command({ configureFailPoint: 'failCommand', mode, data });
    const notes: string[] = [];
    const note = (said: string): void => {
      notes.push(said);
      void setFailPoint('off');
    };
    const bar = () => ({ update: () => undefined, finish: () => undefined });
    const data = { failCommands: ['getMore'], errorCode: 239, namespace: `${db.databaseName}.items` };
    try {
      // Behind 16 MB each begins the reading back.
      await setFailPoint({ skip: 3 }, data);
      const { manifest } = await createBackup({ db, out, progress: { bar, note, stop: () => undefined } });
      expect(notes.join()).toContain('trying again');
      expect(manifest).toMatchObject({ consistency: { kind: 'snapshot' }, totals: { documents: 70 } });
    } finally {
      await setFailPoint('off');
    }
  });
});

describe('a backup of no moment', () => {
  let server: MongodServer;
  let client: mongo.MongoClient;
  let db: mongo.Db;
  let out: string;
  beforeEach(async () => {
    server = await MongodServer.start();
    client = await mongo.MongoClient.connect(server.uri());
    db = client.db('shop');
    out = await mkdtemp(join(tmpdir(), 'backups-'));
    // Time for what is done meanwhile.
    await server.failPoint({ failCommands: ['find'], blockConnection: true, blockTimeMS: 300 });
    // The largest are read first.
    for (const [name, count] of Object.entries({ large: 300, other: 200, orders: 100 })) {
      await db.collection(name).insertMany(Array.from({ length: count }, (_, n) => ({ n })));
    }
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
    await rm(out, { recursive: true, force: true });
  });

  /** Does something each time when the first collection has been begun, and `orders` has not. */
  function meanwhile(work: () => Promise<unknown>): { notes: string[]; progress: Progress } {
    const notes: string[] = [];
    const bar = (name: string): ProgressBar => {
      if (name === 'large') void work();
      return { update: () => undefined, finish: () => undefined };
    };
    return { notes, progress: { bar, note: (text) => void notes.push(text), stop: () => undefined } };
  }

  it('has what is renamed before it is read', async () => {
    const { notes, progress } = meanwhile(async () =>
      db.renameCollection('orders', 'orders_old').catch(() => undefined),
    );
    const { manifest } = await createBackup({ db, out, progress });
    expect(notes).toEqual(['Collection orders was dropped or renamed while it was read: trying again']);
    const counts = manifest.collections.map(({ name, documents }) => [name, documents]);
    expect(Object.fromEntries(counts)).toEqual({ large: 300, orders_old: 100, other: 200 });
    expect(manifest.consistency.kind).toBe('none');
  });

  it('fails when collections are renamed all the time', async () => {
    const names = ['orders', 'orders_old'];
    const { progress } = meanwhile(async () => {
      const [from = '', to = ''] = names;
      names.reverse();
      await db.renameCollection(from, to);
    });
    await expect(createBackup({ db, out, progress })).rejects.toMatchObject({
      code: 'BACKUP_COLLECTION_GONE',
    });
    expect(await readdir(out)).toEqual([]);
  });
});
