import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../test/support/free-port.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';
import { reportOf, runImport } from './import-sqlite/ops.ts';
import { createSource, fillSql } from './import-sqlite/odd-source.ts';

const ROWS = 40_000;

describe('ops import-sqlite', () => {
  let database: TestDatabase;
  let environment: { MONGODB_URI: string };
  let folder: string;
  let file: string;
  beforeAll(async () => {
    database = await TestDatabase.start();
    environment = { MONGODB_URI: database.uri };
    folder = await mkdtemp(join(tmpdir(), 'import-sqlite-'));
    file = join(folder, 'app.db');
    createSource(file, `${fillSql(ROWS)}; CREATE INDEX by_v ON t (v)`);
  });
  afterEach(async () => {
    await database.db.dropDatabase();
  });
  afterAll(async () => {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('imports, compares, prints a table on stdout and progress on stderr, and exits 0', async () => {
    const outcome = await runImport([file], environment);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/^table +collection +rows +documents/);
    expect(outcome.stdout).toMatch(/^t +t +40,000 +40,000 .*equal$/m);
    expect(outcome.stdout).toContain('Complete: 40,000 documents, each compared with the file');
    expect(outcome.stderr).toContain('t: 40,000 rows in');
    expect(await database.db.collection('t').countDocuments()).toBe(ROWS);
    expect(await database.db.collection('t').indexExists('by_v')).toBe(true);
  });

  it('prints events and a report for machines', async () => {
    const outcome = await runImport([file, '--json'], environment);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    const events = outcome.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(events.slice(0, -1).every(({ event }) => event === 'progress')).toBe(true);
    expect(reportOf(outcome)).toMatchObject({
      event: 'report',
      isComplete: true,
      tables: [{ collection: 't', inserted: ROWS, verified: { documents: ROWS, isEqual: true } }],
    });
  });

  it('needs no MongoDB to show what it would do', async () => {
    const outcome = await runImport([file, '--dry-run'], {
      MONGODB_URI: `mongodb://127.0.0.1:${await freePort()}/x`,
    });
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain('{"_id":{"$numberInt":"1"},"v":"31"}');
    expect(outcome.stdout).toContain('Nothing was written. 40,000 documents would be');
  });

  it('takes a mapping', async () => {
    const map = join(folder, 'mapping.yaml');
    await writeFile(map, 'tables:\n  t:\n    collection: things\n    columns:\n      v: value\n');
    expect(await runImport([file, '--map', map], environment)).toMatchObject({ code: 0 });
    expect(await database.db.collection<{ _id: number }>('things').findOne({ _id: 1 })).toEqual({
      _id: 1,
      value: '31',
    });
  });

  it('exits 2 at a wrong mapping and names every mistake', async () => {
    const map = join(folder, 'wrong.yaml');
    await writeFile(map, 'tables:\n  t:\n    colection: things\n  u: {}\n');
    const first = await runImport([file, '--map', map], environment);
    expect(first).toMatchObject({ code: 2, stdout: '' });
    expect(first.stderr).toContain(
      'The mapping wrong.yaml cannot be used: "tables.t.colection" is not allowed',
    );
    await writeFile(map, 'tables:\n  t:\n    collection: things\n  u: {}\n');
    expect((await runImport([file, '--map', map], environment)).stderr).toContain('there is no table "u"');
    await writeFile(map, 'tables: [');
    expect(await runImport([file, '--map', map], environment)).toMatchObject({ code: 2 });
  });

  it('exits 1 where it cannot read the file or may not write, 69 without a server, 2 at wrong use', async () => {
    const missing = await runImport([join(folder, 'none.db')], environment);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(
      /^SQLite cannot read none\.db: unable to open database file\nNext step: check the path/,
    );
    await database.db.collection('t').insertOne({});
    const refused = await runImport([file, '--json'], environment);
    expect(refused.code).toBe(1);
    expect(reportOf(refused)).toMatchObject({ event: 'error', code: 'TARGET_NOT_EMPTY' });
    expect(
      await runImport([file], { MONGODB_URI: `mongodb://127.0.0.1:${await freePort()}/x` }),
    ).toMatchObject({ code: 69 });
    expect(await runImport([])).toMatchObject({ code: 2 });
  });

  it('exits 1 when the comparison finds a difference', async () => {
    await runImport([file], environment);
    await database.db.collection<{ _id: number }>('t').deleteOne({ _id: 77 });
    const outcome = await runImport([file], environment);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain('MongoDB has 39,999 documents, not the 40,000 that were made');
    expect(outcome.stdout).toContain('NOT complete');
  });

  it('shows help with examples', async () => {
    const { code, stdout } = await runImport(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('$ ops import-sqlite app.db --dry-run');
  });
});
