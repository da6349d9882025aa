import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { createSource } from '../../../test/import-sqlite/odd-source.ts';
import { documentsIn } from '../../raw/insert-raw.ts';
import { planImport } from '../plan/plan-import.ts';
import { largestRowBytes } from '../source/sqlite-schema.ts';
import { SqliteSource, type SqlRow } from '../source/sqlite-source.ts';
import { NOTHING_DONE, type LoadState } from './progress-store.ts';
import { BatchReader } from './read-batches.ts';

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

let folder: string;
let source: SqliteSource | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-batches-'));
});
afterEach(async () => {
  source?.close();
  source = undefined;
  await rm(folder, { recursive: true, force: true });
});

function open(sql: string): SqliteSource {
  const file = join(folder, 'source.db');
  createSource(file, sql);
  source = SqliteSource.open(file);
  return source;
}

function read(from: SqliteSource, begin: LoadState = NOTHING_DONE): { ids: bigint[]; state: LoadState } {
  const [load] = planImport(from, { mapping: {}, mappingName: 'none', database: 'test' }).loads;
  if (!load) throw new Error('There is no table');
  const reader = new BatchReader(from, load, begin);
  const ids: bigint[] = [];
  for (const { bytes, release } of reader.batches()) {
    for (const document of documentsIn(bytes)) {
      ids.push(BigInt(mongo.BSON.deserialize(document, { useBigInt64: true })._id as bigint | number));
    }
    release();
  }
  return { ids, state: reader.state };
}

describe(BatchReader.name, () => {
  it('reads every row once and in order, over the ends of pages and at both ends of the numbers', () => {
    const rows = `INSERT INTO t VALUES (${LEAST}, 'least'), (${MOST}, 'most');
      WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 3000) INSERT INTO t SELECT n * n, 'x' FROM c`;
    const { ids, state } = read(open(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); ${rows}`));
    const squares = Array.from({ length: 3_000 }, (_, index) => BigInt(index + 1) ** 2n);
    expect(ids).toEqual([LEAST, ...squares, MOST]);
    expect(state.position).toEqual({ rows: 3_002, rowid: MOST });
  });

  it('goes on behind the row at which it ended', () => {
    const from = open(`CREATE TABLE t (id INTEGER PRIMARY KEY);
      WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 2000) INSERT INTO t SELECT n FROM c`);
    const { ids, state } = read(from, { ...NOTHING_DONE, position: { rows: 700, rowid: 700n } });
    expect([ids[0], ids.at(-1), ids.length, state.position.rows]).toEqual([701n, 2_000n, 1_300, 2_000]);
  });

  it.each([
    ['small ones', false, '', "'x'"],
    ['large ones', true, '', 'randomblob(CASE id WHEN 900 THEN 300000 ELSE 1 END)'],
    ['computed ones', true, ', c TEXT AS (hex(zeroblob(100)))', "'x'"],
  ])('with %s, reads rows one by one: %s', (_, isSingly, column, value) => {
    const from = open(`CREATE TABLE t (id INTEGER PRIMARY KEY, v${column});
      WITH RECURSIVE c(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM c WHERE id < 1000) INSERT INTO t (id, v) SELECT id, ${value} FROM c`);
    const rows = from.rows.bind(from);
    let singly = 0;
    from.rows = (...parameters) => {
      singly += 1;
      return rows(...parameters);
    };
    expect(read(from).ids).toHaveLength(1_000);
    expect(singly).toBe(isSingly ? 1 : 0);
  });
});

describe(largestRowBytes.name, () => {
  it('is that of the largest row, wherever it is stored', () => {
    const from =
      open(`CREATE TABLE t (v); INSERT INTO t VALUES ('short'), (randomblob(1000000)), ('also short');
      CREATE TABLE small (v); INSERT INTO small VALUES ('short')`);
    expect(largestRowBytes(from, 't')).toBeGreaterThan(1_000_000);
    expect(largestRowBytes(from, 'small')).toBeLessThan(20);
  });

  it('is not known of a virtual table', () => {
    expect(largestRowBytes(open('CREATE VIRTUAL TABLE t USING fts5(v)'), 't')).toBeUndefined();
  });
});

describe(SqliteSource.name, () => {
  it('gives pages that follow each other, the last one short', () => {
    const from = open('CREATE TABLE t (v); INSERT INTO t VALUES (1), (2), (3), (4), (5)');
    const sqlFor = (isSeek: boolean): string =>
      `SELECT rowid FROM t ${isSeek ? 'WHERE rowid > ?' : ''} ORDER BY rowid`;
    const pages = (after: bigint | undefined, size: number): SqlRow[][] => [
      ...from.pages(sqlFor, after, size),
    ];
    expect(pages(undefined, 2)).toEqual([[[1n], [2n]], [[3n], [4n]], [[5n]]]);
    expect(pages(3n, 2)).toEqual([[[4n], [5n]]]);
    expect(pages(5n, 2)).toEqual([]);
  });
});
