import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { createSource } from '../../test/import-sqlite/odd-source.ts';
import { silentProgress } from '../../test/import-sqlite/silent-progress.ts';
import { importSqlite } from './import-sqlite.ts';
import type { ImportReport } from './report/import-report.ts';

let database: TestDatabase;
let folder: string;
let count = 0;
beforeAll(async () => {
  database = await TestDatabase.start();
  folder = await mkdtemp(join(tmpdir(), 'import-sqlite-'));
});
afterEach(async () => {
  await database.db.dropDatabase();
});
afterAll(async () => {
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(sql: string): Promise<ImportReport> {
  const file = join(folder, `${(count += 1)}.db`);
  createSource(file, sql);
  const { signal } = new AbortController();
  const { db } = database;
  return importSqlite({
    file,
    db,
    mapping: {},
    mappingName: 'test',
    progress: silentProgress,
    signal,
    drop: false,
    verify: true,
  });
}

async function indexesOf(collection: string): Promise<mongo.Document[]> {
  const found = await database.db.collection(collection).indexes();
  return found
    .filter(({ name }) => name !== '_id_')
    .map((index) => Object.fromEntries(Object.entries(index).filter(([key]) => key !== 'v')));
}

describe('indexes of an import', () => {
  it('are those of SQLite, with their names, directions and uniqueness', async () => {
    const report = await run(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b TEXT NOT NULL UNIQUE, "c.d" TEXT);
      CREATE INDEX by_a ON t (a DESC, "c.d", id); CREATE UNIQUE INDEX both ON t (a, b);
      INSERT INTO t VALUES (1, 1, 'x', 'y')`);
    expect(report.isComplete).toBe(true);
    expect(await indexesOf('t')).toEqual([
      { name: 'both', key: { a: 1, b: 1 }, unique: true },
      { name: 'by_a', key: { a: -1, c_d: 1, _id: 1 } },
      { name: 'b_1', key: { b: 1 }, unique: true },
    ]);
  });

  it('allow as many NULLs as SQLite does, and serve queries for one value', async () => {
    await run(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT UNIQUE, number INTEGER, mixed, UNIQUE (number, mixed));
      INSERT INTO t VALUES (1, 'a', 1, 'x'), (2, NULL, 1, NULL), (3, NULL, NULL, 'x'), (4, 'b', 1, 1), (5, NULL, 1, NULL)`);
    const collection = database.db.collection<{
      _id: number;
      email?: string;
      number?: number;
      mixed?: unknown;
    }>('t');
    expect(await indexesOf('t')).toContainEqual({
      name: 'email_1',
      key: { email: 1 },
      unique: true,
      partialFilterExpression: { email: { $gte: '' } },
    });
    await collection.insertOne({ _id: 6 });
    await expect(collection.insertOne({ _id: 7, email: 'a' })).rejects.toMatchObject({ code: 11_000 });
    await expect(collection.insertOne({ _id: 8, number: 1, mixed: 'x' })).rejects.toMatchObject({
      code: 11_000,
    });
    const { queryPlanner } = await collection.find({ email: 'a' }).explain('queryPlanner');
    expect(JSON.stringify(queryPlanner.winningPlan)).toContain('"indexName":"email_1"');
  });

  it('make the parts of a composite key as easy to find as in SQLite', async () => {
    await run(
      'CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (b, a)) WITHOUT ROWID; INSERT INTO t VALUES (1, 2)',
    );
    expect(await indexesOf('t')).toEqual([{ name: 'b_1_a_1', key: { b: 1, a: 1 } }]);
    expect(await database.db.collection('t').find().toArray()).toEqual([{ _id: { b: 2, a: 1 }, a: 1, b: 2 }]);
  });

  it('compare without case where SQLite does, and tell what they cannot do', async () => {
    const report = await run(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE UNIQUE, b TEXT);
      CREATE INDEX expression ON t (lower(b)); CREATE UNIQUE INDEX part ON t (b) WHERE id > 5;
      CREATE INDEX loose ON t (b) WHERE id > 5; CREATE UNIQUE INDEX present ON t (b) WHERE b IS NOT NULL;
      CREATE INDEX again ON t (b); CREATE INDEX trimmed ON t (b COLLATE RTRIM, id);
      INSERT INTO t VALUES (1, 'x', 'y'), (2, NULL, NULL)`);
    expect(report.isComplete).toBe(true);
    const notes = report.tables[0]?.notes.map(({ code, text }) => `${code} ${text}`).toSorted();
    expect(notes).toEqual([
      expect.stringMatching(/^INDEX_CHANGED Index loose of t: it covers all rows, not those of id > 5$/),
      expect.stringMatching(/^INDEX_CHANGED .* NOCASE has become a collation/),
      expect.stringMatching(
        /^INDEX_CHANGED Index trimmed of t: it compares bytes, not by the collation RTRIM$/,
      ),
      expect.stringMatching(/^INDEX_SKIPPED Index expression of t: it is on an expression$/),
      expect.stringMatching(/^INDEX_SKIPPED Index (again|loose) of t: another one has the same keys$/),
      expect.stringMatching(
        /^INDEX_SKIPPED Index part of t: it is unique on the rows of a condition: id > 5$/,
      ),
    ]);
    const found = await indexesOf('t');
    expect(found).toContainEqual({
      name: 'present',
      key: { b: 1 },
      unique: true,
      partialFilterExpression: { b: { $gte: '' } },
    });
    const noCase = found.find(({ name }) => name === 'a_1');
    expect(noCase).toMatchObject({ unique: true, collation: { locale: 'en', strength: 2 } });
  });

  it('that cannot be built are reported, and the import is not complete', async () => {
    const report = await run(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE UNIQUE); INSERT INTO t VALUES (1, 'é'), (2, 'É')`,
    );
    expect(report.isComplete).toBe(false);
    expect(report.tables[0]).toMatchObject({
      documents: 2,
      indexes: [{ name: 'a_1', status: 'failed', reason: expect.any(String) }],
      verified: { isEqual: true },
    });
  });
});
