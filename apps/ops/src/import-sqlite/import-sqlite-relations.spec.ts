import { ImportContext } from '../../test/import-sqlite/import-context.ts';
import { createSource } from '../../test/import-sqlite/odd-source.ts';
import { silentProgress } from '../../test/import-sqlite/silent-progress.ts';
import type { TableMapping } from './mapping/mapping.ts';
import { formatReport } from './report/format-report.ts';
import type { ImportReport } from './report/import-report.ts';

let context: ImportContext;
beforeAll(async () => {
  context = await ImportContext.start();
});
afterEach(() => context.clear());
afterAll(() => context.stop());

const PARENT = 'id INTEGER PRIMARY KEY, k';
const CHILD = 'id INTEGER PRIMARY KEY, y';
/** Keys as declared on either side, and rows of which SQLite's foreign key accepts all. */
const ALIKE: [string, string][] = [
  [
    'another case, in a key without regard to it',
    `CREATE TABLE p (${PARENT} TEXT COLLATE NOCASE UNIQUE); CREATE TABLE c (${CHILD} TEXT REFERENCES p (k));
     CREATE INDEX c_y ON c (y);
     INSERT INTO p VALUES (1, 'DE'), (2, 'FR'); INSERT INTO c VALUES (1, 'DE'), (2, 'de'), (3, 'FR'), (4, 'fr')`,
  ],
  [
    'a number as text, in a column without a type',
    `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (${CHILD} REFERENCES p); CREATE INDEX c_y ON c (y);
     INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1, 1), (2, '1'), (3, '2'), (4, 2.0)`,
  ],
  [
    'a text as a number, in a column without a type',
    `CREATE TABLE p (${PARENT} TEXT UNIQUE); CREATE TABLE c (${CHILD} REFERENCES p (k)); CREATE INDEX c_y ON c (y);
     INSERT INTO p VALUES (1, '7'), (2, '8'); INSERT INTO c VALUES (1, 7), (2, '7'), (3, 8), (4, '8')`,
  ],
  [
    'a key that is not UTF-8, with and without a rowid',
    `CREATE TABLE p (k TEXT PRIMARY KEY) WITHOUT ROWID; CREATE TABLE c (${CHILD} TEXT REFERENCES p);
     INSERT INTO p VALUES (CAST(x'ff' AS TEXT)), (CAST(x'fe' AS TEXT)), ('a');
     INSERT INTO c SELECT NULL, k FROM p UNION ALL SELECT NULL, k FROM p`,
  ],
  [
    'rows without a rowid',
    `CREATE TABLE p (a INTEGER, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
     CREATE TABLE c (n INTEGER, y TEXT, z BLOB, PRIMARY KEY (n, y), FOREIGN KEY (z, y) REFERENCES p (a, b)) WITHOUT ROWID;
     INSERT INTO p VALUES (1, 'x'), (1, 'y'), (2, 'x');
     INSERT INTO c VALUES (1, 'x', 1), (2, 'x', '1'), (3, 'y', 1), (4, 'x', 2)`,
  ],
];

describe('rows that belong to a row of another table', () => {
  it.each(ALIKE)('are those of its foreign key: %s', async (_, sql) => {
    createSource(context.file, sql);
    const report = await context.import({ c: { embedInto: { table: 'p', as: 'cs' } } });
    expect(report.isComplete).toBe(true);
    const [{ total, fields, orphans, missing } = { total: 0 }] = report.embedded;
    expect(total).toBeGreaterThan(3);
    expect({ fields, orphans, missing }).toEqual({ fields: { cs: total }, orphans: 0, missing: 0 });
    const stored = await context.documentsOf('p');
    expect(stored.flatMap(({ cs }) => cs as unknown[])).toHaveLength(total);
    expect(stored.every(({ cs }) => (cs as unknown[]).length > 0)).toBe(true);
  });

  it('are in the documents of each of two parents', async () => {
    createSource(
      context.file,
      `CREATE TABLE students (id INTEGER PRIMARY KEY); CREATE TABLE courses (id INTEGER PRIMARY KEY);
       CREATE TABLE enrolments (student REFERENCES students, course REFERENCES courses, grade TEXT);
       INSERT INTO students VALUES (1), (2), (3); INSERT INTO courses VALUES (1), (2), (3);
       INSERT INTO enrolments VALUES (1, 1, 'a'), (2, 2, 'b'), (1, 2, 'c'), ('3', '3', 'd'), (3, 9, 'e'), (8, 9, 'f')`,
    );
    const report = await context.import({
      enrolments: {
        embedInto: [
          { table: 'students', as: 'enrolments', value: 'grade' },
          { table: 'courses', as: 'enrolments', value: 'grade' },
        ],
      },
    });
    expect(report).toMatchObject({
      isComplete: true,
      embedded: [{ total: 6, fields: { enrolments: 9 }, orphans: 1, dropped: 0, missing: 0 }],
    });
    const valuesOf = async (name: string): Promise<unknown[]> =>
      (await context.documentsOf(name)).map(({ enrolments }) => enrolments as unknown);
    expect(await valuesOf('students')).toEqual([['a', 'c'], ['b'], ['d', 'e']]);
    expect(await valuesOf('courses')).toEqual([['a'], ['b', 'c'], ['d']]);
  });

  it('are compared in the same way with a view, whichever of the two it is', async () => {
    createSource(
      context.file,
      `CREATE TABLE t (k TEXT COLLATE NOCASE, n INTEGER); INSERT INTO t VALUES ('a', 1), ('A', 2), ('b', 3);
       CREATE TABLE c (id INTEGER PRIMARY KEY, y TEXT); INSERT INTO c VALUES (1, 'A'), (2, 'b'), (3, 'x');
       CREATE VIEW p AS SELECT n, k FROM t; CREATE VIEW v AS SELECT y, id FROM c`,
    );
    const into = { table: 'p', by: { y: 'k' }, value: 'id' };
    const report = await context.import({
      p: { key: ['n'] },
      c: { embedInto: { ...into, as: 'cs' } },
      v: { embedInto: { ...into, as: 'vs' } },
    });
    expect(report.isComplete).toBe(true);
    expect(await context.documentsOf('p')).toEqual([
      { _id: 1, k: 'a', cs: [1], vs: [1] },
      { _id: 2, k: 'A', cs: [1], vs: [1] },
      { _id: 3, k: 'b', cs: [2], vs: [2] },
    ]);
    expect(await context.documentsOf('c')).toEqual([{ _id: 3, y: 'x' }]);
    expect(await context.documentsOf('v')).toMatchObject([{ id: 3, y: 'x' }]);
  });

  it('are found whatever tables are called', async () => {
    createSource(
      context.file,
      `CREATE TABLE company (company_id INTEGER PRIMARY KEY);
       CREATE TABLE parent (id INTEGER PRIMARY KEY, company_id INTEGER REFERENCES company);
       CREATE TABLE import_1 (id INTEGER PRIMARY KEY, parent REFERENCES parent);
       CREATE TABLE import_pairs_1 (id INTEGER PRIMARY KEY);
       INSERT INTO company VALUES (1); INSERT INTO parent VALUES (1, 1), (2, 77), (3, NULL);
       INSERT INTO import_1 VALUES (1, '1'), (2, '2'), (3, '9'); INSERT INTO import_pairs_1 VALUES (5)`,
    );
    const report = await context.import({
      parent: { embedInto: { table: 'company', as: 'parents' } },
      import_1: { embedInto: { table: 'parent', as: 'rows', value: 'id' } },
    });
    expect(report.isComplete).toBe(true);
    expect(await context.documentsOf('company')).toEqual([{ _id: 1, parents: [{ id: 1, rows: [1] }] }]);
    expect(await context.documentsOf('parent')).toEqual([
      { _id: 2, company_id: 77, rows: [2] },
      { _id: 3, company_id: null, rows: [] },
    ]);
    expect(await context.documentsOf('import_1')).toEqual([{ _id: 3, parent: '9' }]);
    expect(await context.documentsOf('import_pairs_1')).toEqual([{ _id: 5 }]);
  });

  it('stay documents when the row that they belong to is dropped', async () => {
    createSource(
      context.file,
      `CREATE TABLE customers (id INTEGER PRIMARY KEY);
       CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers);
       CREATE TABLE lines (id INTEGER PRIMARY KEY, "order" INTEGER REFERENCES orders);
       CREATE TABLE notes (id INTEGER PRIMARY KEY, line INTEGER REFERENCES lines);
       INSERT INTO customers VALUES (1); INSERT INTO orders VALUES (1, 1), (2, 99);
       INSERT INTO lines VALUES (1, 1), (2, 2), (3, 98); INSERT INTO notes VALUES (1, 1), (2, 2), (3, 97)`,
    );
    const orders: TableMapping = { embedInto: { table: 'customers', as: 'orders', orphans: 'drop' } };
    const notes: TableMapping = { embedInto: { table: 'lines', as: 'notes', value: 'id' } };
    const kept = await context.import({
      orders,
      notes,
      lines: { embedInto: { table: 'orders', as: 'lines' } },
    });
    expect(kept.isComplete).toBe(true);
    expect(await context.documentsOf('customers')).toEqual([
      { _id: 1, orders: [{ id: 1, lines: [{ id: 1, notes: [1] }] }] },
    ]);
    expect(await context.documentsOf('lines')).toEqual([
      { _id: 2, order: 2, notes: [2] },
      { _id: 3, order: 98, notes: [] },
    ]);
    expect(await context.documentsOf('notes')).toEqual([{ _id: 3, line: 97 }]);
    const embedInto = { table: 'orders', as: 'lines', orphans: 'drop' } as const;
    const dropped = await context.import({ orders, notes, lines: { embedInto } }, { drop: true });
    expect(dropped.isComplete).toBe(true);
    expect(dropped.embedded).toEqual([
      { table: 'lines', total: 3, fields: { lines: 1 }, orphans: 0, dropped: 2, missing: 0 },
      { table: 'notes', total: 3, fields: { notes: 1 }, orphans: 2, dropped: 0, missing: 0 },
      { table: 'orders', total: 2, fields: { orders: 1 }, orphans: 0, dropped: 1, missing: 0 },
    ]);
    expect((await context.documentsOf('notes')).map(({ _id }) => _id as number)).toEqual([2, 3]);
  });

  it('are told of when they are nowhere', async () => {
    createSource(
      context.file,
      `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p, v BLOB);
       INSERT INTO p VALUES (1), (2);
       WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20)
       INSERT INTO c SELECT i, CASE WHEN i < 20 THEN 1 ELSE 2 END, zeroblob(1000000) FROM n`,
    );
    const report = await context.import({ c: { embedInto: { table: 'p', as: 'cs' } } });
    expect(report.isComplete).toBe(false);
    expect(report.embedded).toEqual([
      { table: 'c', total: 20, fields: { cs: 1 }, orphans: 0, dropped: 0, missing: 19 },
    ]);
    const text = formatReport(report, 200);
    expect(text).toContain('19 rows of c are nowhere');
    expect(text).toContain('take "embedInto" of c out of the mapping');
  });

  it('are the same after an interruption between two batches', async () => {
    createSource(
      context.file,
      `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p, v TEXT);
       WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO p SELECT i FROM n;
       INSERT INTO c SELECT id, hex(id) FROM p UNION ALL SELECT id * 2, 'twice' FROM p`,
    );
    const tables: Record<string, TableMapping> = {
      c: { embedInto: { table: 'p', as: 'cs', value: 'v' } },
    };
    const abort = new AbortController();
    // Rows without a parent come first, in another collection.
    const bar = (name: string) => ({
      update: () => (name === 'p' ? abort.abort(new Error('enough')) : undefined),
      finish: () => undefined,
    });
    const progress = { ...silentProgress, bar };
    await expect(context.import(tables, { signal: abort.signal, progress })).rejects.toThrow('enough');
    const store = context.db.collection<{ _id: string; state: object }>('import_sqlite_progress');
    const begun = await store.findOne({ _id: 'p' });
    expect(begun?.state).toMatchObject({ isDone: false, embedded: { '["c","cs"]': expect.any(Number) } });
    const stored = await context.db.collection('p').countDocuments();
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(30_000);
    const resumed = await context.import(tables);
    expect(resumed).toMatchObject({
      isComplete: true,
      embedded: [{ total: 60_000, fields: { cs: 45_000 }, orphans: 15_000, missing: 0 }],
    });
    const hashes = ({ tables: reports }: ImportReport): unknown[] =>
      reports.map(({ verified }) => verified?.hash);
    const inOne = await context.import(tables, { drop: true });
    expect(inOne.embedded).toEqual(resumed.embedded);
    expect(hashes(inOne)).toEqual(hashes(resumed));
  });
});
