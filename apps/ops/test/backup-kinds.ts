import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { mongo } from 'mongoose';

const { BSON } = mongo;

/** Every kind of collection, view and index that a backup has to bring back, each with documents. */
export async function createEveryKind(db: mongo.Db): Promise<void> {
  const plain = db.collection<{ _id: unknown }>('plain');
  await plain.insertMany(valuesOfEveryType().map((value, index) => ({ _id: index, value })));
  await plain.insertOne({
    _id: 'with everything',
    a: 'x',
    tags: ['a'],
    at: new Date(Date.UTC(2026, 0, 1)),
    place: [1, 2],
    text: 'some words',
  } as never);
  await db.command({
    createIndexes: 'plain',
    indexes: [
      { key: { at: 1 }, name: 'ttl', expireAfterSeconds: 1_000_000_000 },
      { key: { a: -1 }, name: 'partial', partialFilterExpression: { a: { $gt: 'b' } } },
      { key: { only: 1 }, name: 'unique sparse', unique: true, sparse: true },
      { key: { text: 'text', more: 'text' }, name: 'text', weights: { text: 5 }, default_language: 'german' },
      { key: { place: '2dsphere' }, name: 'place' },
      { key: { '$**': 1 }, name: 'wildcard', wildcardProjection: { value: 0 } },
      { key: { _id: 'hashed' }, name: 'hashed id' },
      { key: { hidden: 1 }, name: 'hidden', hidden: true },
      { key: { name: 1 }, name: 'collated', collation: { locale: 'de', strength: 2 } },
      { key: { small: -0.5 }, name: 'negative fraction' },
    ],
  });
  // As a Map: an object would put the field `0` first.
  const keys = new Map<string, number>([
    ['b', 1],
    ['0', -1],
    ['a', 1],
  ]);
  await db.command({ createIndexes: 'plain', indexes: [{ key: keys, name: 'order of fields' }] });
  await db.createCollection('capped', { capped: true, size: 100_000, max: 5 });
  for (let n = 0; n < 8; n += 1) await db.collection('capped').insertOne({ n });
  await db.createCollection('series', {
    timeseries: { timeField: 't', metaField: 'm', granularity: 'minutes' },
    expireAfterSeconds: 1_000_000_000,
  });
  const measures = Array.from({ length: 300 }, (_, n) => ({
    t: new Date(Date.UTC(2026, 0, 1) + n * 60_000),
    m: n % 3,
    v: n / 7,
  }));
  await db.collection('series').insertMany(measures);
  await db.collection('series').createIndex({ m: 1, t: -1 });
  await db.createCollection('view', {
    viewOn: 'plain',
    pipeline: [{ $match: { a: 'x' } }],
    collation: { locale: 'fr' },
  });
  await db.createCollection('clustered', {
    clusteredIndex: { key: { _id: 1 }, unique: true, name: 'by id' },
  });
  await db.collection<{ _id: number }>('clustered').insertMany([{ _id: 3 }, { _id: 1 }, { _id: 2 }]);
  await db.createCollection('images', { changeStreamPreAndPostImages: { enabled: true } });
  await db.createCollection('collated', { collation: { locale: 'de', strength: 2 } });
  await db.collection('collated').createIndex({ name: 1 }, { unique: true });
  await db.collection('collated').insertOne({ name: 'Ä' });
  await db.collection('strict').insertOne({ n: 'breaks the validator that comes later' });
  await db.command({
    collMod: 'strict',
    validator: {
      $jsonSchema: {
        required: ['n'],
        properties: { n: { bsonType: 'long', minimum: BSON.Long.fromString('-9007199254740993') } },
      },
    },
    validationLevel: 'strict',
    validationAction: 'error',
  });
  await db.createCollection('lenient', {
    validator: { at: { $type: 'date' } },
    validationLevel: 'moderate',
    validationAction: 'warn',
  });
  await db.createCollection('empty');
  for (const name of AWKWARD_NAMES) await db.collection(name).insertOne({ name });
}

/** Names that need more than a file of the same name; the last is cut in the file system. */
export const AWKWARD_NAMES: readonly string[] = [
  'we/ird %na+me.é',
  "it's (a) *name*!~",
  'two\nlines\tand a tab',
  'trailing.metadata.json',
  'Ünïcödé-日本語-🙂',
  `${'é'.repeat(60)}-long`,
];

function valuesOfEveryType(): unknown[] {
  return [
    0,
    -0,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.MIN_VALUE,
    2 ** 53 + 2,
    new BSON.Double(1),
    new BSON.Int32(-1),
    BSON.Long.MAX_VALUE,
    BSON.Long.MIN_VALUE,
    BSON.Long.fromInt(1),
    BSON.Decimal128.fromString('-1.10E+6144'),
    '',
    'é\u0000\u2028"\\',
    true,
    null,
    new Date(-62_135_596_800_000),
    new Date(253_402_300_799_999),
    new BSON.ObjectId(),
    new BSON.Timestamp({ t: 4_294_967_295, i: 4_294_967_295 }),
    new BSON.Timestamp({ t: 0, i: 0 }),
    new BSON.UUID(),
    new BSON.Binary(Buffer.from([0, 255]), 0x80),
    Buffer.alloc(0),
    new BSON.BSONRegExp('a.*b', 'imsx'),
    new BSON.Code('f()', { x: 1 }),
    new BSON.Code('g()'),
    new BSON.MinKey(),
    new BSON.MaxKey(),
    new BSON.BSONSymbol('s'),
    [],
    {},
    [[[{ deep: [1] }]]],
    { $set: 1, 'a.b': 2, '': 3 },
    new BSON.DBRef('plain', new BSON.ObjectId(), 'other'),
    'x'.repeat(70_000),
  ];
}

/** What tells two databases apart: documents in the order of their ids as hex, options, indexes. */
export async function describeDatabase(db: mongo.Db): Promise<Record<string, unknown>> {
  const described: Record<string, unknown> = {};
  const collections = await db.listCollections({}, { promoteValues: false }).toArray();
  for (const { name, type, options } of collections as { name: string; type?: string; options?: object }[]) {
    if (name === 'system.views') continue;
    const indexes =
      type === 'view' || name.startsWith('system.')
        ? []
        : await rawBatch(db, { listIndexes: name, cursor: {} });
    const documents = type === 'view' || type === 'timeseries' ? [] : await readRaw(db, name);
    described[name] = {
      type,
      options: BSON.EJSON.stringify(options ?? {}, { relaxed: false }),
      indexes: indexes.toSorted(),
      documents: documents.toSorted(),
    };
  }
  return described;
}

async function readRaw(db: mongo.Db, name: string): Promise<string[]> {
  const documents = (await db.collection(name).find({}, { raw: true }).toArray()) as unknown as Uint8Array[];
  return documents.map((document) => Buffer.from(document).toString('hex'));
}

async function rawBatch(db: mongo.Db, command: mongo.Document): Promise<string[]> {
  const { cursor } = await db.command(command, { fieldsAsRaw: { firstBatch: true } });
  return (cursor.firstBatch as Uint8Array[]).map((document) => Buffer.from(document).toString('hex'));
}

/** Path of one of MongoDB's own tools on the PATH, or `undefined`, which is said loudly. */
export function findTool(name: 'mongodump' | 'mongorestore'): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const path = folders.map((folder) => join(folder, name)).find(isExecutable);
  // oxlint-disable-next-line no-console
  if (path === undefined) console.warn(`${name} is not on the PATH: what compares with it is SKIPPED`);
  return path;
}

/** @returns What it has said; throws when it fails */
export async function runTool(path: string, args: readonly string[]): Promise<string> {
  const { stderr } = await promisify(execFile)(path, [...args], { maxBuffer: 64 * 1_024 * 1_024 });
  return stderr;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
