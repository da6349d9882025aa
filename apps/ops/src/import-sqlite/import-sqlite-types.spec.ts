import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { createSource } from '../../test/import-sqlite/odd-source.ts';
import { silentProgress } from '../../test/import-sqlite/silent-progress.ts';
import { converterFor } from './encode/convert.ts';
import { UNCHANGED } from './encode/unchanged.ts';
import { importSqlite } from './import-sqlite.ts';
import type { Mapping } from './mapping/mapping.ts';

let database: TestDatabase;
let folder: string;
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

/** A file of one table with one column of values. */
async function importColumn(type: string, values: string, mapping: Mapping): Promise<unknown[]> {
  const source = join(folder, 'column.db');
  await rm(source, { force: true });
  createSource(
    source,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, v ${type}); INSERT INTO t (v) VALUES ${values}`,
  );
  const { db } = database;
  const { signal } = new AbortController();
  const options = {
    mapping,
    mappingName: 'test',
    progress: silentProgress,
    signal,
    drop: false,
    verify: true,
  };
  await importSqlite({ file: source, db, ...options });
  const found = await database.db
    .collection('t')
    .find({}, { promoteValues: false })
    .sort({ _id: 1 })
    .toArray();
  return found.map(({ v }) => JSON.parse(mongo.BSON.EJSON.stringify({ v }, { relaxed: false })).v as unknown);
}

describe('the type of a column', () => {
  it.each([
    [
      'int',
      `(1), ('2'), (3000000000), ('x'), (1.5)`,
      [
        { $numberInt: '1' },
        { $numberInt: '2' },
        { $numberLong: '3000000000' },
        'x',
        { $numberDouble: '1.5' },
      ],
    ],
    [
      'long',
      `(1), ('9223372036854775807'), ('9223372036854775808')`,
      [{ $numberLong: '1' }, { $numberLong: '9223372036854775807' }, '9223372036854775808'],
    ],
    [
      'double',
      `(1), (9007199254740993), ('1e3'), ('x')`,
      [{ $numberDouble: '1.0' }, { $numberLong: '9007199254740993' }, { $numberDouble: '1000.0' }, 'x'],
    ],
    [
      'decimal',
      `('1.10'), (9007199254740993), (0.1), ('x')`,
      [{ $numberDecimal: '1.10' }, { $numberDecimal: '9007199254740993' }, { $numberDecimal: '0.1' }, 'x'],
    ],
    ['string', `(1), (x'61'), (x'ff')`, ['1', 'a', { $binary: { base64: '/w==', subType: '00' } }]],
    ['bool', `(1), (0), ('yes'), (2)`, [true, false, true, { $numberInt: '2' }]],
    [
      'binary',
      `('a'), (x'00')`,
      [{ $binary: { base64: 'YQ==', subType: '00' } }, { $binary: { base64: 'AA==', subType: '00' } }],
    ],
    [
      'uuid',
      `('00112233-4455-6677-8899-aabbccddeeff'), (x'00')`,
      [
        { $binary: { base64: 'ABEiM0RVZneImaq7zN3u/w==', subType: '04' } },
        { $binary: { base64: 'AA==', subType: '00' } },
      ],
    ],
    ['objectId', `('507f1f77bcf86cd799439011'), ('x')`, [{ $oid: '507f1f77bcf86cd799439011' }, 'x']],
    [
      'json',
      `('{"a":[1,9007199254740993,1.0,"x",null],"$b":{}}'), ('{')`,
      [
        {
          a: [{ $numberInt: '1' }, { $numberLong: '9007199254740993' }, { $numberDouble: '1.0' }, 'x', null],
          $b: {},
        },
        '{',
      ],
    ],
  ] as const)('gives a column the type %s where that loses nothing', async (type, values, expected) => {
    expect(await importColumn('', values, { tables: { t: { columns: { v: { type } } } } })).toEqual(expected);
  });

  it.each([
    ['iso', false, `('2024-01-02T03:04:05.678901Z')`, ['2024-01-02T03:04:05.678901Z']],
    ['iso', true, `('2024-01-02T03:04:05.678901+02:00')`, [{ $date: { $numberLong: '1704157445678' } }]],
    [
      'unix',
      false,
      `(1), (1.5), ('2'), (0.0001)`,
      [
        { $date: { $numberLong: '1000' } },
        { $date: { $numberLong: '1500' } },
        { $date: { $numberLong: '2000' } },
        { $numberDouble: '0.0001' },
      ],
    ],
    [
      'unixMs',
      false,
      `(1704157445678), (9223372036854775807)`,
      [{ $date: { $numberLong: '1704157445678' } }, { $numberLong: '9223372036854775807' }],
    ],
    ['julian', false, `(2460311.5)`, [{ $date: { $numberLong: '1704153600000' } }]],
    [
      'julian',
      false,
      `(julianday('2024-01-02 03:04:05.678')), (2460311.500000003)`,
      [{ $date: { $numberLong: '1704164645678' } }, { $numberDouble: '2460311.500000003' }],
    ],
    ['julian', true, `(2460311.500000010)`, [{ $date: { $numberLong: '1704153600000' } }]],
  ] as const)('reads dates written as %s (truncate: %s)', async (format, truncate, values, expected) => {
    expect(
      await importColumn('', values, {
        tables: { t: { columns: { v: { type: 'date', format, truncate } } } },
      }),
    ).toEqual(expected);
  });
});

describe(converterFor, () => {
  it.each<['double' | 'int' | 'json', string]>([
    ['double', '1e999'],
    ['double', '-1e400'],
    ['double', '1e-400'],
    ['double', '9007199254740993'],
    ['double', '0.12345678901234567890'],
    ['double', `1.${'0'.repeat(200)}1`],
    ['int', '1e3'],
    ['json', '1e400'],
    ['json', '[0.12345678901234567890]'],
    ['json', '{"a":1,"a":1}'],
    ['json', '[{"a":{"b":1},"c":":","a":{}}]'],
    ['json', '{"a":"\\ud800"}'],
    ['json', '{"a\\u0000b":1}'],
    ['json', '{"_bsontype":"Long"}'],
    ['json', '['.repeat(180) + '1' + ']'.repeat(180)],
    ['json', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
  ])('makes no %s of %.50s', (type, text) => {
    expect(converterFor(type)(text)).toBe(UNCHANGED);
  });

  it.each([
    ['0.1', 0.1],
    ['+1.10', 1.1],
    ['1e23', 1e23],
    ['0.10000000000000001', 0.1],
    ['0.1000000000000000055511151231257827', 0.1],
    ['36893488147419103232', 2 ** 65],
    ['5e-324', 5e-324],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['000.00', 0],
    ['.5', 0.5],
  ])('makes a double of %s, which is as exact', (text, number) => {
    expect(converterFor('double')(text)).toEqual(new mongo.BSON.Double(number));
  });

  it('takes zeros before a number for the same number', () => {
    expect(converterFor('int')('007')).toEqual(new mongo.BSON.Int32(7));
  });

  it('makes JSON of as many levels as MongoDB stores', () => {
    expect(converterFor('json')('{"[[":['.repeat(89) + '["]]"]' + ']}'.repeat(89))).not.toBe(UNCHANGED);
  });

  it('makes JSON of a text of many millions of characters', () => {
    expect(converterFor('json')(JSON.stringify({ a: 'x'.repeat(15_000_000) }))).not.toBe(UNCHANGED);
  });

  it('tells a repeated key from an equal one elsewhere', () => {
    const text = '{"a":{"a":"\\"a\\":1"},"b":[{"a":1},{"a":1}],"__proto__":{"a":0.5}}';
    expect(converterFor('json')(text)).not.toBe(UNCHANGED);
  });
});
