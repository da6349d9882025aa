import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { differences } from '../../test/import-sqlite/compare-values.ts';
import { createSource, fillSql, ODD_SQL, ODD_TABLES } from '../../test/import-sqlite/odd-source.ts';
import { silentProgress } from '../../test/import-sqlite/silent-progress.ts';
import { dryRun, importSqlite } from './import-sqlite.ts';
import type { Mapping, TableMapping } from './mapping/mapping.ts';
import type { ImportReport } from './report/import-report.ts';

const GEOPACKAGE = resolve(import.meta.dirname, '../../test/import-sqlite/geopackage.gpkg.gz');

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

function codesOf({ notes, tables }: ImportReport): string[] {
  return [...notes, ...tables.flatMap((table) => table.notes)].map(({ code }) => code);
}

describe(importSqlite.name, () => {
  it('changes no value and no type, whatever is in the file', async () => {
    createSource(file, ODD_SQL);
    const report = await run();
    expect(report.isComplete).toBe(true);
    const { values, found } = await differences(file, database.db, ODD_TABLES);
    expect(found).toEqual([]);
    expect(values).toBeGreaterThan(100);
    expect(report.tables).toHaveLength(ODD_TABLES.length + 1);
  });

  it('does the same with a file in UTF-16', async () => {
    createSource(
      file,
      `PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
       INSERT INTO t VALUES (1, 'Zoë 🎉'), (2, char(65533)), (3, CAST(x'00d8' AS TEXT)), (4, '')`,
    );
    const report = await run();
    const found = await database.db.collection('t').find().sort({ _id: 1 }).toArray();
    const textOf = (v: unknown): unknown => (v instanceof mongo.Binary ? [v.sub_type, v.toString('hex')] : v);
    expect(found.map(({ v }) => textOf(v))).toEqual(['Zoë 🎉', '\uFFFD', [0x80, '00d8'], '']);
    expect(codesOf(report)).toEqual(['TEXT_NOT_UTF8']);
  });

  it('tells of everything that is different', async () => {
    createSource(
      file,
      `${ODD_SQL} CREATE VIEW v AS SELECT 1; CREATE TRIGGER t AFTER INSERT ON empty BEGIN SELECT 1; END`,
    );
    const { notes, tables } = await run();
    expect(notes.map(({ text }) => text)).toEqual([
      'Views, which are imported when a mapping names them: v',
      'Triggers, which have no counterpart in MongoDB: t',
    ]);
    const of = (name: string) => tables.find(({ table }) => table === name)?.notes;
    expect(of('null_keys')).toEqual([
      { code: 'NULL_KEY', text: expect.any(String), count: 3, rows: [1, 2, 4] },
    ]);
    expect(of('texts')?.map(({ code, count }) => [code, count])).toEqual([
      ['TEXT_NOT_UTF8', 2],
      ['TEXT_NOT_UTF8', 2],
    ]);
    expect(of('no_key')?.map(({ code }) => code)).toEqual(['FIELD_RENAMED', 'NO_PRIMARY_KEY']);
    expect(of('system.users')?.map(({ text }) => text)).toEqual([
      'The table system.users is the collection system_users',
      'The column "$set" of system.users is the field _set',
      'The column "a.b" of system.users is the field a_b_2',
      'The column "_id" of system.users is the field id_2',
      'The column "" of system.users is the field empty',
    ]);
  });

  it('takes the place of a row as _id where there is neither a key nor a number to ask for', async () => {
    createSource(
      file,
      'CREATE TABLE t (rowid TEXT, oid TEXT, _rowid_ TEXT); INSERT INTO t VALUES (1, 2, 3), (1, 2, 3)',
    );
    expect((await run()).isComplete).toBe(true);
    const found = await database.db.collection('t').find().toArray();
    expect(found.map(({ _id }) => _id)).toEqual([1, 2]);
  });

  it('imports a GeoPackage that GDAL has written', async () => {
    await writeFile(file, gunzipSync(await readFile(GEOPACKAGE)));
    const report = await run();
    expect(report.isComplete).toBe(true);
    const { values, found } = await differences(file, database.db, [
      { table: 'gpkg_contents', key: ['table_name'] },
      { table: 'gpkg_extensions', key: 'rowid' },
      { table: 'gpkg_geometry_columns', key: ['table_name', 'column_name'] },
      { table: 'gpkg_ogr_contents', key: ['table_name'] },
      { table: 'gpkg_spatial_ref_sys', key: ['srs_id'] },
      { table: 'gpkg_tile_matrix', key: ['table_name', 'zoom_level'] },
      { table: 'gpkg_tile_matrix_set', key: ['table_name'] },
      { table: 'test_gpkg_nulls', key: ['fid'] },
    ]);
    expect(found).toEqual([]);
    expect(values).toBeGreaterThan(70);
  });

  it('reads one state of the file while others write to it', async () => {
    createSource(
      file,
      'PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2)',
    );
    const importing = run();
    createSource(file, 'INSERT INTO t VALUES (3)');
    const report = await importing;
    expect(report).toMatchObject({ isComplete: true, tables: [{ total: 2, documents: 2 }] });
  });

  it('compares what is in MongoDB, and does not call complete what is not', async () => {
    createSource(
      file,
      'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 1), (2, 2)',
    );
    await run();
    await database.db.collection<{ _id: number }>('t').updateOne({ _id: 2 }, { $set: { v: 'x' } });
    const report = await run();
    expect(report.isComplete).toBe(false);
    expect(report.tables[0]?.verified).toMatchObject({ documents: 2, isEqual: false });
  });

  it.each<[string, string, TableMapping]>([
    ['a blob', 'zeroblob(17000000)', {}],
    ['binary', `printf('%.*c', 18000000, 'x')`, { columns: { v: { type: 'binary' } } }],
    [
      'JSON',
      `'[' || replace(hex(zeroblob(800000)), '0', '0,') || '0]'`,
      { columns: { v: { type: 'json' } } },
    ],
  ])('reports a row that MongoDB cannot hold, and imports the others: %s', async (_, value, mapping) => {
    createSource(
      file,
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, '1'), (2, ${value}), (3, '3')`,
    );
    const report = await run({ tables: { t: mapping } });
    expect(report.isComplete).toBe(false);
    expect(report.tables[0]).toMatchObject({
      documents: 2,
      failed: 1,
      failures: [{ row: 2, reason: 'its document is larger than 16 MB' }],
      verified: { isEqual: true },
    });
  });

  it('stores JSON of as many levels as MongoDB does, and reports a row that has more with what is embedded', async () => {
    const json = `'[' || replace(hex(zeroblob(89)), '0', '[') || '1' || replace(hex(zeroblob(89)), '0', ']') || ']'`;
    createSource(
      file,
      `CREATE TABLE parents (id INTEGER PRIMARY KEY, v); INSERT INTO parents VALUES (1, ${json}), (2, '[]'), (3, '[]');
       CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents, v); INSERT INTO children VALUES (1, 2, ${json})`,
    );
    const columns: TableMapping['columns'] = { v: { type: 'json' } };
    const embedInto = { table: 'parents', as: 'children' };
    const report = await run({ tables: { parents: { columns }, children: { columns, embedInto } } });
    expect(report.tables.find(({ table }) => table === 'parents')).toMatchObject({
      documents: 2,
      failures: [{ row: 2, reason: 'its document is nested too deeply' }],
      notes: [],
      verified: { isEqual: true },
    });
  });

  it.each([
    ['there is none', async () => undefined, 'SQLite cannot read source.db: unable to open'],
    [
      'it is another kind of file',
      () => writeFile(file, 'x'.repeat(5_000)),
      'SQLite cannot read source.db: file is not a database',
    ],
  ])('says what is wrong with the file: %s', async (_, prepare, message) => {
    await prepare();
    await expect(run()).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining(message),
    });
  });

  it('says so when a page of the file is damaged', async () => {
    createSource(file, fillSql(20_000));
    const bytes = await readFile(file);
    bytes.fill(0xff, 4_096 * 40, 4_096 * 41);
    await writeFile(file, bytes);
    await expect(run()).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('malformed'),
    });
  });
});

describe(dryRun.name, () => {
  it('shows what would be, with three documents of each table, and writes nothing', async () => {
    createSource(file, ODD_SQL);
    const signal = new AbortController().signal;
    const rehearsed = await dryRun({
      file,
      mapping: {},
      mappingName: 'test',
      progress: silentProgress,
      signal,
      database: database.name,
    });
    expect(await database.db.listCollections().toArray()).toEqual([]);
    expect(rehearsed).toMatchObject({ isDryRun: true, isComplete: true });
    const report = await run();
    const facts = ({ table, collection, documents, sizeBytes, notes }: ImportReport['tables'][number]) => [
      table,
      collection,
      documents,
      sizeBytes,
      notes,
    ];
    expect(rehearsed.tables.map(facts)).toEqual(report.tables.map(facts));
    const numbers = rehearsed.tables.find(({ table }) => table === 'numbers');
    expect(numbers?.samples).toHaveLength(3);
    expect(JSON.parse(numbers?.samples?.[1] ?? '')).toMatchObject({
      _id: { $numberInt: '1' },
      i: { $numberLong: '9007199254740993' },
      r: { $numberDouble: '1.0' },
    });
  });
});
