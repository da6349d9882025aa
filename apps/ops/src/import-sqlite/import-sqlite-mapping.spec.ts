import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { createSource } from '../../test/import-sqlite/odd-source.ts';
import { silentProgress } from '../../test/import-sqlite/silent-progress.ts';
import { importSqlite } from './import-sqlite.ts';
import type { Mapping } from './mapping/mapping.ts';
import type { ImportReport } from './report/import-report.ts';

const SHOP = `
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, secret TEXT, joined DATETIME, active BOOLEAN);
INSERT INTO customers VALUES (1, 'Ada', 's', '2024-02-29 12:00:00', 1), (2, 'Bob', 's', 0, 0), (3, 'Cyd', 's', 'yesterday', 'maybe');
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, at INTEGER);
INSERT INTO orders VALUES (10, 1, 200), (11, 1, 100), (12, 2, 300), (13, NULL, 400), (14, 99, 500);
CREATE TABLE lines (order_id INTEGER REFERENCES orders (id), number INTEGER, sku TEXT, PRIMARY KEY (order_id, number)) WITHOUT ROWID;
INSERT INTO lines VALUES (10, 1, 'a'), (10, 2, 'b'), (12, 1, 'c'), (13, 1, 'd');
CREATE TABLE tags (customer_id INTEGER REFERENCES customers (id), tag TEXT);
INSERT INTO tags VALUES (1, 'vip'), (1, 'eu'), (3, 'new');
CREATE TABLE addresses (customer_id INTEGER REFERENCES customers (id), city TEXT);
INSERT INTO addresses VALUES (1, 'Rome'), (2, 'Bonn'), (2, 'Kiel');
CREATE TABLE parcels (id INTEGER PRIMARY KEY, o INTEGER, n INTEGER, FOREIGN KEY (o, n) REFERENCES lines (order_id, number));
INSERT INTO parcels VALUES (1, 10, 2), (2, NULL, 1), (3, 77, 1);
`;

let database: TestDatabase;
let folder: string;
let file: string;
beforeAll(async () => {
  database = await TestDatabase.start();
  folder = await mkdtemp(join(tmpdir(), 'import-sqlite-'));
  file = join(folder, 'shop.db');
  createSource(file, SHOP);
});
afterEach(async () => {
  await database.db.dropDatabase();
});
afterAll(async () => {
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(mapping: Mapping, source = file): Promise<ImportReport> {
  const { db } = database;
  const { signal } = new AbortController();
  return importSqlite({
    file: source,
    db,
    mapping,
    mappingName: 'map.yaml',
    progress: silentProgress,
    signal,
    drop: false,
    verify: true,
  });
}

async function documentsOf(collection: string): Promise<mongo.Document[]> {
  return database.db.collection(collection).find().sort({ _id: 1 }).toArray();
}

describe('a mapping', () => {
  it('renames, and leaves out columns and tables, and says so', async () => {
    const report = await run({
      tables: {
        customers: {
          collection: 'people',
          columns: { name: 'fullName', secret: { skip: true } },
          omitNulls: true,
        },
        orders: { skip: true },
      },
    });
    expect(report.isComplete).toBe(true);
    const [ada] = await documentsOf('people');
    expect(ada).toEqual({ _id: 1, fullName: 'Ada', joined: '2024-02-29 12:00:00', active: 1 });
    expect(await database.db.listCollections({ name: 'orders' }).toArray()).toEqual([]);
    expect(report.notes).toContainEqual({ code: 'SKIPPED', text: 'Left out by the mapping: orders' });
  });

  it('makes dates and booleans of what was declared so, and keeps and reports what is neither', async () => {
    const report = await run({ dates: true, booleans: true });
    const found = await documentsOf('customers');
    expect(found.map(({ joined, active }) => [joined, active])).toEqual([
      [new Date('2024-02-29T12:00:00Z'), true],
      [new Date(0), false],
      ['yesterday', 'maybe'],
    ]);
    const notes = report.tables.find(({ table }) => table === 'customers')?.notes;
    expect(notes?.map(({ code, count, rows }) => [code, count, rows])).toEqual([
      ['NOT_CONVERTED', 1, [3]],
      ['NOT_CONVERTED', 1, [3]],
    ]);
  });

  it('embeds child tables to any depth, arrays of values and single documents, and loses no row', async () => {
    const report = await run({
      tables: {
        customers: { columns: { secret: { skip: true }, joined: { skip: true }, active: { skip: true } } },
        orders: { embedInto: { table: 'customers', as: 'orders', orderBy: ['at'] } },
        lines: { embedInto: { table: 'orders', as: 'lines' } },
        tags: { embedInto: { table: 'customers', as: 'tags', value: 'tag' } },
        addresses: { embedInto: { table: 'customers', as: 'address', single: true } },
      },
    });
    expect(report.isComplete).toBe(true);
    expect(await documentsOf('customers')).toEqual([
      {
        _id: 1,
        name: 'Ada',
        orders: [
          { id: 11, at: 100, lines: [] },
          {
            id: 10,
            at: 200,
            lines: [
              { number: 1, sku: 'a' },
              { number: 2, sku: 'b' },
            ],
          },
        ],
        tags: ['vip', 'eu'],
        address: { city: 'Rome' },
      },
      {
        _id: 2,
        name: 'Bob',
        orders: [{ id: 12, at: 300, lines: [{ number: 1, sku: 'c' }] }],
        tags: [],
        address: [{ city: 'Bonn' }, { city: 'Kiel' }],
      },
      { _id: 3, name: 'Cyd', orders: [], tags: ['new'], address: null },
    ]);
    // Orders of nobody stay orders, with their lines.
    expect(await documentsOf('orders')).toEqual([
      { _id: 13, customer_id: null, at: 400, lines: [{ number: 1, sku: 'd' }] },
      { _id: 14, customer_id: 99, at: 500, lines: [] },
    ]);
    expect(report.embedded).toContainEqual({
      table: 'orders',
      total: 5,
      fields: { orders: 3 },
      orphans: 2,
      dropped: 0,
      missing: 0,
    });
    expect(report.embedded).toContainEqual({
      table: 'lines',
      total: 4,
      fields: { lines: 4 },
      orphans: 0,
      dropped: 0,
      missing: 0,
    });
    const { notes } = report.tables.find(({ table }) => table === 'customers') ?? {};
    expect(notes).toContainEqual({
      code: 'EMBEDDED',
      text: expect.stringContaining('addresses'),
      count: 1,
      rows: [2],
    });
  });

  it('counts the rows that it drops because no document takes them in', async () => {
    const report = await run({
      tables: { orders: { embedInto: { table: 'customers', as: 'orders', orphans: 'drop' } } },
    });
    expect(report.embedded).toEqual([
      { table: 'orders', total: 5, fields: { orders: 3 }, orphans: 0, dropped: 2, missing: 0 },
    ]);
    expect(await database.db.listCollections({ name: 'orders' }).toArray()).toEqual([]);
  });

  it('refers to documents by their _id, whatever the key is made of', async () => {
    const report = await run({
      tables: {
        parcels: { references: { line: { table: 'lines' } } },
        orders: { references: { customer: { table: 'customers' } } },
      },
    });
    const parcels = await documentsOf('parcels');
    expect(parcels.map(({ line }) => line)).toEqual([{ order_id: 10, number: 2 }, null, null]);
    const [first] = parcels;
    expect(await database.db.collection('lines').countDocuments({ _id: first?.line as never })).toBe(1);
    expect((await documentsOf('orders')).map(({ customer }) => customer)).toEqual([1, 1, 2, null, null]);
    const { notes } = report.tables.find(({ table }) => table === 'parcels') ?? {};
    expect(notes).toContainEqual({
      code: 'DANGLING_REFERENCE',
      text: expect.any(String),
      count: 1,
      rows: [3],
    });
  });

  it('imports a view that it names, with the key that it gives', async () => {
    const source = join(folder, 'view.db');
    createSource(
      source,
      'CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2), (NULL, 4); CREATE VIEW v AS SELECT a AS k, b FROM t',
    );
    const report = await run({ tables: { v: { key: ['k'] } } }, source);
    expect(report.isComplete).toBe(true);
    expect(await documentsOf('v')).toEqual([
      { _id: 1, b: 2 },
      { _id: { position: 2 }, k: null, b: 4 },
    ]);
  });

  it('is refused with all its mistakes, before anything is written', async () => {
    const mapping: Mapping = {
      tables: {
        nobody: {},
        customers: { columns: { nothing: 'x', name: '$x' }, collection: 'system.x' },
        orders: { embedInto: { table: 'nowhere', as: 'x' } },
        tags: { embedInto: { table: 'customers', as: 'name', value: 'none' } },
        addresses: { embedInto: { table: 'parcels', as: 'x' } },
        parcels: {
          references: { r: { table: 'customers', by: { id: 'none' } } },
          columns: { o: { format: 'unix' } },
        },
      },
    };
    const error = await run(mapping).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MAPPING_INVALID', exitCode: 2 });
    const { message } = error as Error;
    for (const mistake of [
      'map.yaml',
      'there is no table "nobody"',
      'customers has no column "nothing"',
      '"$x" is no possible name of a field',
      '"system.x" is no possible name of a collection',
      'orders cannot be embedded into "nowhere", which is not imported',
      'tags has no column "none"',
      'addresses has no single foreign key to parcels',
      'customers has no column "none"',
      '"format" and "truncate" belong to the type "date"',
    ]) {
      expect(message).toContain(mistake);
    }
    expect(await database.db.listCollections().toArray()).toEqual([]);
  });

  it('may not embed a table in itself', async () => {
    const embedInto = { table: 'customers', as: 'x', by: { id: 'id' } };
    await expect(run({ tables: { customers: { embedInto } } })).rejects.toThrow(
      'customers would be embedded in itself',
    );
  });
});
