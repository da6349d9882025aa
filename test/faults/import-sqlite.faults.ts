import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { differences, type Expectation } from '../../apps/ops/test/import-sqlite/compare-values.ts';
import { createSource, ODD_SQL, ODD_TABLES } from '../../apps/ops/test/import-sqlite/odd-source.ts';
import { ImportProcess, reportOf, runImport } from '../../apps/ops/test/import-sqlite/ops.ts';
import { expectFigure } from '../support/figures.ts';
import { TestDatabase } from '../support/test-database.ts';

const KILLS = 10;
const KILL_ROWS = 60_000;
const RANDOM_ROWS = 20_000;
/** Ships the database of PROJ: foreign keys, composite keys with NULL in them, views, triggers, types of its own. */
const PACKAGE = 'pyogrio==0.13.0';
const MEMORY_MB = 200;
/** Of the file on which memory is measured; `IMPORT_MB=5000` takes some minutes. */
const LARGE_MB = Number(process.env.IMPORT_MB ?? 500);

let database: TestDatabase;
let folder: string;
let file: string;
beforeEach(async () => {
  database = await TestDatabase.start();
  folder = await mkdtemp(join(tmpdir(), 'import-sqlite-'));
  file = join(folder, 'source.db');
});
afterEach(async () => {
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

async function expectEqual(what: string, expectations: readonly Expectation[]): Promise<void> {
  const outcome = await runImport([file, '--json'], { MONGODB_URI: database.uri });
  expect(outcome).toMatchObject({ code: 0 });
  const { values, found } = await differences(file, database.db, expectations);
  expect(found.slice(0, 10)).toEqual([]);
  expectFigure({ row: 'A42', what: `${what}: differences`, value: found.length, unit: '', limit: 0 });
  expectFigure({
    row: 'A42',
    what: `${what}: values compared`,
    value: values,
    unit: '',
    limit: 100,
    atLeast: true,
  });
}

it('A42: everything odd arrives as it is', async () => {
  createSource(file, ODD_SQL);
  await expectEqual('odd values', ODD_TABLES);
});

it('A42: random values in columns of every affinity arrive as they are', async () => {
  const value = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.constant(null),
  );
  const seed = Number(process.env.FAST_CHECK_SEED ?? Date.now());
  const rows = fc.sample(fc.array(value, { minLength: 6, maxLength: 6 }), { seed, numRuns: RANDOM_ROWS });
  const sqlite = new DatabaseSync(file);
  sqlite.exec('CREATE TABLE t (i INTEGER, r REAL, n NUMERIC, x TEXT, b BLOB, a); BEGIN');
  const insert = sqlite.prepare('INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)');
  for (const row of rows) insert.run(...row);
  // Bytes that are no UTF-8, in text.
  sqlite.exec('UPDATE t SET x = CAST(b AS TEXT) WHERE rowid % 7 = 0; COMMIT');
  sqlite.close();
  await expectEqual(`random values (seed ${seed})`, [{ table: 't', key: 'rowid' }]);
});

it('A42: the database of PROJ arrives as it is', async () => {
  const shipped = await projDatabase();
  if (shipped === undefined)
    throw new Error(`${PACKAGE} cannot be had from PyPI here, so no database of others was imported`);
  file = shipped;
  const sqlite = new DatabaseSync(file, { readOnly: true });
  const tables = sqlite
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .all();
  const keyOf = sqlite.prepare('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk');
  const expectations = tables.map(({ name }): Expectation => {
    const key = keyOf.all(String(name)).map((column) => String(column.name));
    return { table: String(name), key: key.length === 0 ? 'rowid' : key };
  });
  sqlite.close();
  await expectEqual('PROJ', expectations);
});

it('A43: an import that is killed loses nothing and writes nothing twice', async () => {
  createSource(
    file,
    `CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE b (x TEXT, y INTEGER, PRIMARY KEY (x, y)) WITHOUT ROWID; CREATE INDEX by_v ON a (v);
     WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < ${KILL_ROWS}) INSERT INTO a SELECT n, hex(n) FROM c;
     INSERT INTO b SELECT 'k' || (id % 100), id FROM a`,
  );
  let [missing, twice, met] = [0, 0, 0];
  for (let round = 0; round < KILLS; round += 1) {
    await database.db.dropDatabase();
    const importing = new ImportProcess([file], { MONGODB_URI: database.uri });
    const threshold = Math.floor(Math.random() * KILL_ROWS * 1.9);
    while (importing.isRunning && (await countBoth()) < threshold)
      await new Promise((resolve) => void setImmediate(resolve));
    importing.signal('SIGKILL');
    if ((await importing.ended()).code === null) met += 1;
    const outcome = await runImport([file, '--json'], { MONGODB_URI: database.uri });
    expect(outcome.code).toBe(0);
    expect(reportOf(outcome)).toMatchObject({ isComplete: true });
    for (const name of ['a', 'b']) {
      const count = await database.db.collection(name).countDocuments();
      missing += Math.max(0, KILL_ROWS - count);
      twice += Math.max(0, count - KILL_ROWS);
    }
    const { found } = await differences(file, database.db, [
      { table: 'a', key: ['id'] },
      { table: 'b', key: ['x', 'y'] },
    ]);
    expect(found.slice(0, 10)).toEqual([]);
  }
  expectFigure({
    row: 'A43',
    what: 'kills that met a running import',
    value: met,
    unit: '',
    limit: KILLS,
    atLeast: true,
  });
  expectFigure({ row: 'A43', what: 'rows missing', value: missing, unit: '', limit: 0 });
  expectFigure({ row: 'A43', what: 'rows twice', value: twice, unit: '', limit: 0 });
}, 600_000);

it('A43: a large file takes little memory', async () => {
  createSource(
    file,
    `PRAGMA journal_mode = OFF; CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT, b BLOB, r REAL);
     WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < ${LARGE_MB * 800})
     INSERT INTO t SELECT n, printf('%.*c', 200 + n % 1000, 'x'), randomblob(CASE n % 2000 WHEN 0 THEN 1000000 ELSE n % 500 END), n / 3.0 FROM c`,
  );
  const outcome = await runImport([file, '--json'], { MONGODB_URI: database.uri });
  expect(outcome.code).toBe(0);
  expectFigure({
    row: 'A43',
    what: `memory of an import of ${LARGE_MB} MB`,
    value: outcome.peakBytes / 1e6,
    unit: 'MB',
    limit: MEMORY_MB,
  });
}, 1_800_000);

async function countBoth(): Promise<number> {
  const counts = await Promise.all(
    ['a', 'b'].map((name) => database.db.collection(name).estimatedDocumentCount()),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The file, kept between runs; `undefined` where packages cannot be had. */
async function projDatabase(): Promise<string | undefined> {
  const cache = join(homedir(), '.cache', 'openai-outreach-tests');
  const path = join(cache, 'pyogrio/proj_data/proj.db');
  const run = promisify(execFile);
  try {
    await access(path);
  } catch {
    try {
      await mkdir(cache, { recursive: true });
      await run('pip', ['download', '--quiet', '--no-deps', '--dest', folder, PACKAGE], { timeout: 120_000 });
      const unpack =
        'import glob, sys, zipfile; zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]).extract("pyogrio/proj_data/proj.db", sys.argv[2])';
      await run('python3', ['-c', unpack, folder, cache]);
    } catch {
      return undefined;
    }
  }
  return path;
}
