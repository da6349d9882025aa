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

  it('leave out those on the key alone, which MongoDB has by itself, and complete', async () => {
    const report = await run(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, x, UNIQUE (id)); CREATE UNIQUE INDEX same ON t (id);
      CREATE UNIQUE INDEX down ON t (id DESC); CREATE INDEX plain ON t (id DESC);
      CREATE INDEX part ON t (id) WHERE x IS NOT NULL; CREATE UNIQUE INDEX condition ON t (id) WHERE x > 1;
      CREATE INDEX more ON t (id, x); INSERT INTO t VALUES (1, 1);
      CREATE TABLE words (word TEXT PRIMARY KEY COLLATE NOCASE); CREATE INDEX loose ON words (word COLLATE NOCASE);
      INSERT INTO words VALUES ('a');
      CREATE TABLE pairs (a TEXT, b TEXT, c, PRIMARY KEY (a, b)); CREATE UNIQUE INDEX pair ON pairs (a, b);
      CREATE INDEX again ON pairs (a, b); CREATE UNIQUE INDEX turned ON pairs (b, a); INSERT INTO pairs VALUES ('x', 'y', 1)`);
    expect(report.isComplete).toBe(true);
    expect(await indexesOf('t')).toEqual([{ name: 'more', key: { _id: 1, x: 1 } }]);
    expect(await indexesOf('words')).toEqual([]);
    const keys = (await indexesOf('pairs')).map(({ name, key }): [string, unknown] => [String(name), key]);
    expect(Object.fromEntries(keys)).toEqual({
      a_1_b_1: { a: 1, b: 1 },
      pair: { a: 1, b: 1 },
      turned: { b: 1, a: 1 },
    });
    const notesOf = (name: string): string[] | undefined =>
      report.tables.find(({ table }) => table === name)?.notes.map(({ code, text }) => `${code} ${text}`);
    expect(notesOf('t')?.toSorted()).toEqual(
      ['condition', 'down', 'part', 'plain', 'same', 'sqlite_autoindex_t_1'].map(
        (name) => `INDEX_SKIPPED Index ${name} of t: MongoDB has one on _id by itself`,
      ),
    );
    expect(notesOf('words')).toEqual([
      'INDEX_SKIPPED Index loose of words: MongoDB has one on _id by itself; it compares bytes, not by the collation NOCASE',
      'INDEX_CHANGED The primary key of words: it compares bytes, not by the collation NOCASE',
    ]);
    expect(notesOf('pairs')).toEqual(['INDEX_SKIPPED Index again of pairs: another one has the same keys']);
  });

  it('have another name where MongoDB keeps it for itself, or gives it to another', async () => {
    const report = await run(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT NOT NULL, y, UNIQUE (x), UNIQUE (x COLLATE NOCASE));
      CREATE INDEX "_id_" ON t (x, id); CREATE INDEX "*" ON t (y); CREATE INDEX "" ON t (y DESC); CREATE INDEX x_1 ON t (y, x);
      INSERT INTO t VALUES (1, 'a', 1)`);
    expect(report.isComplete).toBe(true);
    const found = (await indexesOf('t')).map(({ name, key }): [string, unknown] => [String(name), key]);
    expect(Object.fromEntries(found)).toEqual({
      x_1: { y: 1, x: 1 },
      x_1_2: { x: 1 },
      x_1_3: { x: 1 },
      x_1__id_1: { x: 1, _id: 1 },
      y_1: { y: 1 },
      'y_-1': { y: -1 },
    });
    const renamed = report.tables[0]?.notes.filter(({ text }) => text.includes('it has another name'));
    expect(renamed).toHaveLength(3);
  });

  it.each(['nocase', 'NoCase', 'binary', 'rtrim'])(
    'know a collation however it is written: %s',
    async (name) => {
      await run(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT COLLATE ${name} NOT NULL UNIQUE, y TEXT NOT NULL);
      CREATE INDEX given ON t (y COLLATE ${name}); INSERT INTO t VALUES (1, 'a', 'b')`);
      const isNoCase = name.toLowerCase() === 'nocase';
      const found = await indexesOf('t');
      expect(found.map(({ name: index, collation }) => [index, collation?.strength])).toEqual([
        ['given', isNoCase ? 2 : undefined],
        ['x_1', isNoCase ? 2 : undefined],
      ]);
    },
  );

  it('tell of a collation only where it is another than that of bytes', async () => {
    const report = await run(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT COLLATE binary UNIQUE, y TEXT COLLATE rtrim UNIQUE)',
    );
    expect(report.tables[0]?.notes.map(({ text }) => text)).toEqual([
      expect.stringMatching(/: it compares bytes, not by the collation RTRIM$/),
    ]);
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
