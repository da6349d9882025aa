import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { createSource, fillSql } from '../../test/import-sqlite/odd-source.ts';
import { silentProgress } from '../../test/import-sqlite/silent-progress.ts';
import { EMPTY_CONTENT } from '../raw/content-hash.ts';
import { importSqlite } from './import-sqlite.ts';
import type { Progress } from '../terminal/progress.ts';
import type { Mapping } from './mapping/mapping.ts';
import type { ImportReport } from './report/import-report.ts';

let database: TestDatabase;
let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-sqlite-'));
});
beforeEach(async () => {
  database = await TestDatabase.start();
  file = join(folder, 'source.db');
  await rm(file, { force: true });
});
afterEach(() => database.stop());
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(
  mapping: Mapping = {},
  options: { drop?: boolean; signal?: AbortSignal; progress?: Progress } = {},
): Promise<ImportReport> {
  const { drop = false, signal = new AbortController().signal, progress = silentProgress } = options;
  const { db } = database;
  return importSqlite({ file, db, mapping, mappingName: 'test', progress, signal, drop, verify: true });
}

/** An import that is told to end when it has stored its first rows. */
async function interrupted(): Promise<ImportReport> {
  const abort = new AbortController();
  const update = (): void => abort.abort(new Error('enough'));
  const bar = () => ({ update, finish: () => undefined });
  return run({}, { signal: abort.signal, progress: { ...silentProgress, bar } });
}

describe('an import into a collection that is not empty', () => {
  it('does not touch a collection that holds something else, also when it is told to drop its own', async () => {
    createSource(
      file,
      'CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE t (id); INSERT INTO t VALUES (1)',
    );
    await database.db.collection('t').insertOne({ precious: true });
    for (const drop of [false, true]) {
      await expect(run({}, { drop })).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
      expect(await database.db.collection('a').countDocuments()).toBe(0);
      expect(await database.db.collection('t').countDocuments({ precious: true })).toBe(1);
    }
  });

  it('drops what an import has filled, and begins again', async () => {
    createSource(file, 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)');
    await run();
    createSource(file, 'UPDATE t SET id = 2');
    expect(await run({}, { drop: true })).toMatchObject({ isComplete: true });
    expect(await database.db.collection('t').find().toArray()).toEqual([{ _id: 2 }]);
  });

  it.each<[string, (t: mongo.Collection<{ _id: number }>) => Promise<unknown>]>([
    ['has got a document', (t) => t.insertOne({ _id: 3 })],
    ['has lost a document', (t) => t.deleteOne({ _id: 1 })],
    ['has a changed document', (t) => t.updateOne({ _id: 1 }, { $set: { v: 'b' } })],
  ])('drops nothing when a collection %s since', async (_, change) => {
    createSource(
      file,
      `CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1);
       CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'a')`,
    );
    await run();
    await change(database.db.collection('t'));
    const before = await database.db.collection('t').find().toArray();
    await expect(run({}, { drop: true })).rejects.toMatchObject({
      code: 'TARGET_CHANGED',
      message: expect.stringContaining('collection t '),
      nextStep: expect.stringContaining('ops backup create'),
    });
    expect(await database.db.collection('t').find().toArray()).toEqual(before);
    expect(await database.db.collection('a').countDocuments()).toBe(1);
  });

  it('drops an import that left rows out, unless it was changed since', async () => {
    createSource(
      file,
      'CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB); INSERT INTO t VALUES (1, 1), (2, zeroblob(17000000))',
    );
    await run();
    expect(await run({}, { drop: true })).toMatchObject({ tables: [{ inserted: 1, failed: 1 }] });
    await database.db.collection<{ _id: number }>('t').updateOne({ _id: 1 }, { $set: { v: 2 } });
    await expect(run({}, { drop: true })).rejects.toMatchObject({ code: 'TARGET_CHANGED' });
  });

  it('drops what an import has begun, unless there is more than it can have stored', async () => {
    createSource(file, fillSql(60_000));
    await expect(interrupted()).rejects.toThrow('enough');
    expect(await run({}, { drop: true })).toMatchObject({ isComplete: true, tables: [{ inserted: 60_000 }] });
    await run({}, { drop: true });
    const { db } = database;
    await db
      .collection<{ _id: string }>('import_sqlite_progress')
      .updateOne(
        { _id: 't' },
        { $set: { 'state.isDone': false, 'state.position': { rows: 9, rowid: '9' } } },
      );
    await db.collection('t').insertOne({ added: true });
    await expect(run({}, { drop: true })).rejects.toMatchObject({ code: 'TARGET_CHANGED' });
  });

  it('does not mix two states of a file, or two mappings', async () => {
    createSource(file, 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)');
    await run();
    await expect(run({ tables: { t: { omitNulls: true } } })).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
    });
    createSource(file, 'CREATE TABLE other (id)');
    await expect(run()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('inserts nothing twice, also what is already there in part', async () => {
    createSource(file, fillSql(6_000));
    const first = await run();
    expect(first.tables[0]).toMatchObject({ inserted: 6_000, alreadyThere: 0 });
    expect((await run()).tables[0]).toMatchObject({
      inserted: 0,
      alreadyThere: 6_000,
      verified: { isEqual: true },
    });
    // As a kill leaves it that came between the documents and the progress.
    await database.db.collection('t').deleteMany({ _id: { $gt: 2_500, $mod: [3, 0] } as never });
    const left = await database.db.collection('t').countDocuments();
    await database.db.collection<{ _id: string }>('import_sqlite_progress').updateOne(
      { _id: 't' },
      {
        $set: {
          'state.isDone': false,
          'state.position': { rows: 0, rowid: null },
          'state.hash': EMPTY_CONTENT,
        },
      },
    );
    const again = await run();
    expect(again.isComplete).toBe(true);
    expect(again.tables[0]).toMatchObject({
      inserted: 6_000 - left,
      alreadyThere: left,
      verified: { isEqual: true },
    });
  });

  it('does not take a document of the same _id and other content for its own', async () => {
    createSource(
      file,
      'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)',
    );
    await run();
    await database.db.collection<{ _id: number }>('t').updateOne({ _id: 2 }, { $set: { v: 'x' } });
    await database.db.collection<{ _id: string }>('import_sqlite_progress').updateOne(
      { _id: 't' },
      {
        $set: {
          'state.isDone': false,
          'state.position': { rows: 0, rowid: null },
          'state.hash': EMPTY_CONTENT,
        },
      },
    );
    const report = await run();
    expect(report.isComplete).toBe(false);
    expect(report.tables[0]).toMatchObject({ alreadyThere: 2, failed: 1, failures: [{ row: 2 }] });
  });

  it('tries rows again that were refused', async () => {
    createSource(
      file,
      'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 1), (2, NULL)',
    );
    const { db } = database;
    await db.createCollection('t', { validator: { v: { $type: 'string' } } });
    const refused = await run();
    expect(refused).toMatchObject({
      isComplete: false,
      tables: [{ inserted: 1, failed: 1, failures: [{ row: 2 }] }],
    });
    await db.command({ collMod: 't', validator: {} });
    const again = await run();
    expect(again).toMatchObject({ isComplete: true, tables: [{ inserted: 1, alreadyThere: 1, failed: 0 }] });
  });

  it('stops at what the server has against every document, and goes on at the next run', async () => {
    createSource(file, fillSql(6_000));
    const { db } = database;
    const fail = async (mode: 'alwaysOn' | 'off'): Promise<unknown> =>
      db.admin().command({
        configureFailPoint: 'failCollectionInserts',
        mode,
        ...(mode === 'alwaysOn' && { data: { collectionNS: `${db.databaseName}.t` } }),
      });
    await fail('alwaysOn');
    try {
      await expect(run()).rejects.toMatchObject({ code: 'WRITE_REFUSED' });
    } finally {
      await fail('off');
    }
    expect(await run()).toMatchObject({ isComplete: true, tables: [{ inserted: 6_000, failed: 0 }] });
  });

  it('ends when it is told to, and goes on at the next run', async () => {
    createSource(file, fillSql(60_000));
    await expect(interrupted()).rejects.toThrow('enough');
    const stored = await database.db.collection('t').countDocuments();
    expect(stored).toBeLessThan(60_000);
    const report = await run();
    expect(report).toMatchObject({
      isComplete: true,
      tables: [{ documents: 60_000, inserted: 60_000 - stored }],
    });
  });
});
