import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { createSource } from '../../test/import-sqlite/odd-source.ts';
import { silentProgress } from '../../test/import-sqlite/silent-progress.ts';
import { importSqlite } from './import-sqlite.ts';
import type { Mapping, TableMapping } from './mapping/mapping.ts';
import type { ImportReport } from './report/import-report.ts';

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

async function run(mapping: Mapping, verify: boolean, drop = false): Promise<ImportReport> {
  const { signal } = new AbortController();
  const { db } = database;
  const options = { mapping, mappingName: 'test', progress: silentProgress, signal };
  return importSqlite({ ...options, file, db, drop, verify });
}

describe('a column of the key', () => {
  it.each<[string, Mapping]>([
    ['alone', { tables: { t: { key: ['b'], columns: { b: { skip: true } } } } }],
    ['with others', { tables: { t: { columns: { b: { skip: true } } } } }],
  ])('cannot be left out, %s', async (_, mapping) => {
    createSource(file, "CREATE TABLE t (a, b, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 'secret')");
    await expect(run(mapping, true)).rejects.toMatchObject({
      code: 'MAPPING_INVALID',
      message: expect.stringContaining('t.b is part of the _id and cannot be skipped'),
    });
    expect(await database.db.listCollections().toArray()).toEqual([]);
  });

  it('can be left out where the rows are in other documents', async () => {
    createSource(
      file,
      `CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
       CREATE TABLE c (id INTEGER PRIMARY KEY, p_id REFERENCES p, v); INSERT INTO c VALUES (7, 1, 'x')`,
    );
    const c: TableMapping = {
      columns: { id: { skip: true } },
      embedInto: { table: 'p', as: 'c', orphans: 'drop' },
    };
    await run({ tables: { c } }, true);
    expect(await database.db.collection<{ _id: number }>('p').findOne()).toEqual({ _id: 1, c: [{ v: 'x' }] });
  });
});

describe('rows with the same key', () => {
  it.each([false, true])('are named, also where they are the same (verify: %s)', async (verify) => {
    createSource(
      file,
      "CREATE TABLE t (email TEXT, n INTEGER); INSERT INTO t VALUES ('a', 1), ('b', 2), ('a', 1), ('b', 3)",
    );
    const mapping: Mapping = { tables: { t: { key: ['email'] } } };
    const failures = [
      { row: 3, reason: 'its document is the same as that of row 1' },
      { row: 4, reason: 'another document with this _id or a unique value of it is there' },
    ];
    const table = { documents: 2, stored: 2, failed: 2, failures: expect.arrayContaining(failures) };
    expect(await run(mapping, verify)).toMatchObject({
      isComplete: false,
      tables: [{ ...table, inserted: 2 }],
    });
    // Nothing of it looks like the rest of an interrupted run.
    expect(await run(mapping, verify)).toMatchObject({
      isComplete: false,
      tables: [{ ...table, inserted: 0 }],
    });
    // Where nothing else was written it may be begun again.
    expect(await run({}, verify, true)).toMatchObject({ isComplete: true, tables: [{ inserted: 4 }] });
  });

  it('are named where a conversion has made them the same', async () => {
    createSource(file, "CREATE TABLE t (id PRIMARY KEY, v); INSERT INTO t VALUES ('1', 'x'), ('01', 'x')");
    const report = await run({ tables: { t: { columns: { id: { type: 'int' } } } } }, false);
    expect(report).toMatchObject({ isComplete: false, tables: [{ failed: 1, failures: [{ row: 2 }] }] });
  });

  it.each([false, true])('are missed where they are far from each other (verify: %s)', async (verify) => {
    createSource(
      file,
      `CREATE TABLE t (email TEXT);
       WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 12000) INSERT INTO t SELECT 'a' || (n % 11999) FROM c`,
    );
    const mapping: Mapping = { tables: { t: { key: ['email'] } } };
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await run(mapping, verify)).toMatchObject({
        isComplete: false,
        tables: [{ documents: 12_000, stored: 11_999, failed: 0 }],
      });
    }
  });
});
