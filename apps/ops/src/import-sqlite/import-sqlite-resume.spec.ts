import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { createSource, fillSql } from '../../test/import-sqlite/odd-source.ts';
import { silentProgress } from '../../test/import-sqlite/silent-progress.ts';
import { EMPTY_CONTENT } from '../raw/content-hash.ts';
import { importSqlite } from './import-sqlite.ts';
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
  options: { drop?: boolean; signal?: AbortSignal } = {},
): Promise<ImportReport> {
  const { drop = false, signal = new AbortController().signal } = options;
  const { db } = database;
  return importSqlite({
    file,
    db,
    mapping,
    mappingName: 'test',
    progress: silentProgress,
    signal,
    drop,
    verify: true,
  });
}

describe('an import into a collection that is not empty', () => {
  it('does not touch a collection that holds something else, unless it is told to drop it', async () => {
    createSource(
      file,
      'CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE t (id); INSERT INTO t VALUES (1)',
    );
    await database.db.collection('t').insertOne({ precious: true });
    await expect(run()).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
    expect(await database.db.collection('a').countDocuments()).toBe(0);
    expect(await database.db.collection('t').countDocuments({ precious: true })).toBe(1);
    expect(await run({}, { drop: true })).toMatchObject({ isComplete: true });
    expect(await database.db.collection('t').countDocuments({ precious: true })).toBe(0);
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

  it('ends when it is told to, and goes on at the next run', async () => {
    createSource(file, fillSql(60_000));
    const abort = new AbortController();
    const importing = run({}, { signal: abort.signal });
    const collection = database.db.collection('t');
    while ((await collection.estimatedDocumentCount()) === 0)
      await new Promise((done) => void setImmediate(done));
    abort.abort(new Error('enough'));
    await expect(importing).rejects.toThrow('enough');
    const stored = await collection.countDocuments();
    expect(stored).toBeLessThan(60_000);
    const report = await run();
    expect(report).toMatchObject({
      isComplete: true,
      tables: [{ documents: 60_000, inserted: 60_000 - stored }],
    });
  });
});
