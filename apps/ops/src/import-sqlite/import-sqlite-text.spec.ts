import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { silentProgress } from '../../test/import-sqlite/silent-progress.ts';
import { importSqlite } from './import-sqlite.ts';
import type { Mapping } from './mapping/mapping.ts';
import type { ImportReport } from './report/import-report.ts';

type Encoding = 'UTF-16be' | 'UTF-16le' | 'UTF-8';
const ENCODINGS: Encoding[] = ['UTF-8', 'UTF-16le', 'UTF-16be'];

/** Where decoders go wrong: lone and paired surrogates, zeros, byte order marks, replacement characters, overlong and cut sequences. */
const PIECES = [
  '00',
  '61',
  'ff',
  '0000',
  '6100',
  '0061',
  'd800',
  '00d8',
  'dc00',
  '00dc',
  'd83cdf89',
  '3cd889df',
  'fffe',
  'feff',
  'fffd',
  'fdff',
  'efbfbd',
  'efbbbf',
  'eda080',
  'c080',
  'e282ac',
  'f09f8e89',
  'f4908080',
];
const texts = fc.array(
  fc.oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join('')),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  ),
  { minLength: 50, maxLength: 200 },
);

let database: TestDatabase;
let folder: string;
let file: string;
beforeAll(async () => {
  database = await TestDatabase.start();
  folder = await mkdtemp(join(tmpdir(), 'import-sqlite-'));
  file = join(folder, 'texts.db');
});
beforeEach(async () => {
  await rm(file, { force: true });
  await database.db.dropDatabase();
});
afterAll(async () => {
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Bytes as text, once in a table with row numbers and once as the key of one without. */
function makeTexts(encoding: Encoding, hexes: readonly string[]): void {
  const sqlite = new DatabaseSync(file);
  try {
    sqlite.exec(`PRAGMA encoding = '${encoding}'; CREATE TABLE numbered (id INTEGER PRIMARY KEY, v TEXT, string TEXT, bytes TEXT);
      CREATE TABLE keyed (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID; BEGIN`);
    const numbered = sqlite.prepare(
      'INSERT INTO numbered SELECT NULL, t, t, t FROM (SELECT CAST(? AS TEXT) AS t)',
    );
    const keyed = sqlite.prepare(
      'INSERT OR IGNORE INTO keyed SELECT t, t FROM (SELECT CAST(? AS TEXT) AS t)',
    );
    for (const hex of hexes) {
      numbered.run(Buffer.from(hex, 'hex'));
      keyed.run(Buffer.from(hex, 'hex'));
    }
    sqlite.exec('COMMIT');
  } finally {
    sqlite.close();
  }
}

/** What SQLite has stored, as bytes. */
function storedIn(table: string, column: string): string[] {
  const sqlite = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = sqlite.prepare(
      `SELECT hex(CAST(${column} AS BLOB)) AS hex FROM ${table} ORDER BY ${column === 'k' ? 'hex' : 'id'}`,
    );
    return rows.all().map(({ hex }) => String(hex).toLowerCase());
  } finally {
    sqlite.close();
  }
}

const NUMBERED: NonNullable<Mapping['tables']> = {
  numbered: { columns: { string: { type: 'string' }, bytes: { type: 'binary' } } },
};

async function run(tables = NUMBERED): Promise<ImportReport> {
  const { signal } = new AbortController();
  return importSqlite({
    file,
    db: database.db,
    mapping: { tables },
    mappingName: 'test',
    progress: silentProgress,
    signal,
    drop: false,
    verify: true,
  });
}

/** The bytes that a value stands for in the encoding of the file, after what kind of value it is. */
function describeValue(value: unknown, encoding: Encoding): string {
  if (typeof value === 'string') return `text ${encode(value, encoding)}`;
  if (!(value instanceof mongo.Binary)) return 'something else';
  return `${value.sub_type === 0x80 ? 'broken' : 'blob'} ${Buffer.from(value.value()).toString('hex')}`;
}

function encode(text: string, encoding: Encoding): string {
  const bytes = Buffer.from(text, encoding === 'UTF-8' ? 'utf8' : 'utf16le');
  return (encoding === 'UTF-16be' ? bytes.swap16() : bytes).toString('hex');
}

function expectedOf(hex: string, encoding: Encoding): string {
  return decode(hex, encoding) === undefined ? `broken ${hex}` : `text ${hex}`;
}

function decode(hex: string, encoding: Encoding): string | undefined {
  try {
    const decoder = new TextDecoder(encoding.toLowerCase(), { fatal: true, ignoreBOM: true });
    return decoder.decode(Buffer.from(hex, 'hex'));
  } catch {
    return undefined;
  }
}

describe.each(ENCODINGS)('text in a file in %s', (encoding) => {
  it('arrives with the bytes that SQLite has stored, as text exactly where they are valid', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (hexes) => {
        await rm(file, { force: true });
        await database.db.dropDatabase();
        makeTexts(encoding, hexes);
        expect(await run()).toMatchObject({ isComplete: true });
        const numbered = await database.db.collection('numbered').find().sort({ _id: 1 }).toArray();
        const stored = storedIn('numbered', 'v');
        const expected = stored.map((hex) => expectedOf(hex, encoding));
        expect(numbered.map(({ v }) => describeValue(v, encoding))).toEqual(expected);
        expect(numbered.map(({ string }) => describeValue(string, encoding))).toEqual(expected);
        const asBytes = stored.map((hex) => {
          const text = decode(hex, encoding);
          return text === undefined ? `broken ${hex}` : `blob ${encode(text, 'UTF-8')}`;
        });
        expect(numbered.map(({ bytes }) => describeValue(bytes, encoding))).toEqual(asBytes);
        const keyed = await database.db.collection('keyed').find().toArray();
        const pairs = keyed.map(
          ({ _id, v }) => `${describeValue(_id, encoding)}, ${describeValue(v, encoding)}`,
        );
        const keys = storedIn('keyed', 'k').map((hex) => expectedOf(hex, encoding));
        expect(new Set(pairs)).toEqual(new Set(keys.map((key) => `${key}, ${key}`)));
        expect(pairs).toHaveLength(keys.length);
      }),
      { numRuns: 5 },
    );
  });

  it('is noted where it is not valid, also where a mapping wants another type', async () => {
    makeTexts(encoding, [encode('fine \uFFFD', encoding), encoding === 'UTF-8' ? '61ff' : 'd8d8d8d8']);
    const { tables } = await run();
    const notes = tables.find(({ table }) => table === 'numbered')?.notes ?? [];
    expect(notes.map(({ code, count, rows }) => [code, count, rows])).toEqual([
      ['TEXT_NOT_UTF8', 1, [2]],
      ['TEXT_NOT_UTF8', 1, [2]],
      ['NOT_CONVERTED', 1, [2]],
      ['TEXT_NOT_UTF8', 1, [2]],
      ['NOT_CONVERTED', 1, [2]],
    ]);
  });
});

it('is told apart in UTF-16 where SQLite itself would make the same of it', async () => {
  makeTexts('UTF-16le', ['00d86100', '00dc6100']);
  const { tables } = await run();
  const found = await database.db.collection('numbered').find().sort({ _id: 1 }).toArray();
  expect(found.map(({ v }) => describeValue(v, 'UTF-16le'))).toEqual(['broken 00d86100', 'broken 00dc6100']);
  expect(tables.flatMap(({ notes }) => notes).filter(({ code }) => code === 'TEXT_NOT_UTF8')).not.toEqual([]);
});

it.each([
  ['UTF-8', '61ff', '61efbfbd'],
  ['UTF-16le', '00d86100', '00d861dc'],
  ['UTF-16be', 'fffe', 'fffd'],
] as const)(
  'names the row that a reference means, and embeds what belongs to it, in %s',
  async (encoding, one, other) => {
    const sqlite = new DatabaseSync(file, { enableForeignKeyConstraints: false });
    sqlite.exec(`PRAGMA encoding = '${encoding}'; CREATE TABLE words (word TEXT PRIMARY KEY, n INTEGER);
    CREATE TABLE uses (id INTEGER PRIMARY KEY, word TEXT REFERENCES words);
    INSERT INTO words SELECT CAST(value AS TEXT), n FROM (SELECT x'${other}' AS value, 2 AS n UNION ALL SELECT x'${one}', 1);
    INSERT INTO uses SELECT n, word FROM words`);
    sqlite.close();
    await run({ uses: { references: { use: { table: 'words' } } } });
    const words = await database.db.collection('words').find().toArray();
    const uses = await database.db.collection('uses').find().sort({ _id: 1 }).toArray();
    const idOf = (n: number): unknown => words.find((word) => word.n === n)?._id;
    expect(uses.map(({ use }) => use as unknown)).toEqual([idOf(1), idOf(2)]);
    expect(words).toHaveLength(2);
    await database.db.dropDatabase();
    await run({ uses: { embedInto: { table: 'words', as: 'uses' } } });
    const embedded = await database.db.collection('words').find().sort({ n: 1 }).toArray();
    expect(embedded.map(({ uses: rows }) => rows as unknown)).toEqual([[{ id: 1 }], [{ id: 2 }]]);
  },
);
