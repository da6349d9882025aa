import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { mongo } from 'mongoose';

const { BSON } = mongo;
const LARGE_BYTES = 1_000;

/** Whether both of MongoDB's own tools are on the PATH. Says so once when they are not. */
export function hasMongoTools(): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const isThere = (tool: string): boolean => folders.some((folder) => isExecutable(join(folder, tool)));
  const hasBoth = isThere('mongodump') && isThere('mongorestore');
  // oxlint-disable-next-line no-console
  if (!hasBoth) console.warn('SKIPPED: mongodump and mongorestore are not on the PATH');
  return hasBoth;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs one of MongoDB's own tools on a server of a test. */
export async function mongoTool(
  name: 'mongodump' | 'mongorestore',
  uri: string,
  args: string[],
): Promise<void> {
  await promisify(execFile)(name, [`--uri=${uri}`, '--quiet', ...args]);
}

/** Fills a database with every kind of collection, option and index that has to survive. */
export async function createEveryKind(db: mongo.Db): Promise<void> {
  await db.collection('people').insertMany([
    {
      _id: 1 as never,
      name: 'Ada',
      big: BSON.Long.fromString('9007199254740993'),
      exact: new BSON.Double(1),
    },
    {
      name: 'Eve',
      at: new Date(0),
      price: BSON.Decimal128.fromString('1.10'),
      nothing: null,
      list: [1, [2]],
    },
    { name: 'Zoë', raw: new BSON.Binary(Buffer.from([0, 255]), 4), when: new BSON.Timestamp({ t: 0, i: 0 }) },
    new Map<string, unknown>([
      ['z', 1],
      ['1', 'a name that objects would put first'],
    ]),
  ]);
  await createIndexes(db);
  await db.createCollection('capped', { capped: true, size: 8_192, max: 5 });
  await db.collection('capped').insertMany(Array.from({ length: 8 }, (_, n) => ({ n })));
  await db.createCollection('weather', {
    timeseries: { timeField: 'at', metaField: 'place', granularity: 'hours' },
    expireAfterSeconds: 10 * 365 * 86_400,
  });
  await db
    .collection('weather')
    .insertMany(
      Array.from({ length: 50 }, (_, n) => ({ at: new Date(1.7e12 + n * 6e4), place: n % 3, t: n / 2 })),
    );
  await db.collection('weather').createIndex({ place: 1, at: -1 });
  await db.createCollection('adults', {
    viewOn: 'people',
    pipeline: [{ $match: { name: { $exists: true } } }, { $project: { name: 1 } }],
    collation: { locale: 'de', strength: 1 },
  });
  await db.createCollection('strict', {
    validator: { $jsonSchema: { required: ['must'] } },
    validationLevel: 'strict',
    validationAction: 'error',
  });
  await db.collection('strict').insertOne({ breaks: 'the rule' }, { bypassDocumentValidation: true });
  await db.createCollection('moderate', {
    validator: { n: { $gte: 0 } },
    validationLevel: 'moderate',
    validationAction: 'warn',
  });
  await db.createCollection('clustered', {
    clusteredIndex: { key: { _id: 1 }, unique: true, name: 'cluster' },
    expireAfterSeconds: 10 * 365 * 86_400,
  });
  await db.collection('clustered').insertOne({ _id: new Date() as never });
  await db.createCollection('folded', { collation: { locale: 'en', strength: 2 } });
  await db.collection('folded').insertMany([{ name: 'a' }, { name: 'A' }]);
  await db.collection('folded').createIndex({ name: 1 });
  await db.collection('folded').createIndex({ name: 1 }, { name: 'bytes', collation: { locale: 'simple' } });
  await db.createCollection('images', { changeStreamPreAndPostImages: { enabled: true } });
  await db.collection('a/b:c %ü\nd').insertOne({ odd: 'name' });
  await db.collection('system.js').insertOne({ _id: 'f' as never, value: new BSON.Code('function () {}') });
}

async function createIndexes(db: mongo.Db): Promise<void> {
  const indexed = db.collection('indexed');
  await indexed.insertOne({ old: new Date(0), text: 'Haus', place: { type: 'Point', coordinates: [1, 2] } });
  await indexed.createIndex({ expires: 1 }, { expireAfterSeconds: 3_600 });
  await indexed.createIndex({ amount: 1 }, { partialFilterExpression: { amount: { $gt: 5 } } });
  await indexed.createIndex({ mail: 1 }, { unique: true, sparse: true });
  await indexed.createIndex(
    { text: 'text', more: 'text' },
    { weights: { text: 3 }, default_language: 'german' },
  );
  await indexed.createIndex({ place: '2dsphere' });
  await indexed.createIndex({ '$**': 1 }, { wildcardProjection: { secret: 0 } });
  await indexed.createIndex({ _id: 'hashed' });
  await indexed.createIndex({ unused: 1 }, { hidden: true });
  await indexed.createIndex({ title: 1 }, { collation: { locale: 'fr', strength: 1 } });
  const ordered = new Map([
    ['b', 1],
    ['0', -1],
  ]);
  await db.command({ createIndexes: 'indexed', indexes: [{ key: ordered, name: 'order' }] });
  await db.command({ createIndexes: 'indexed', indexes: [{ key: { small: -0.0001 }, name: 'small' }] });
}

/** Everything that can be seen of a database, as text: equal texts are equal databases. */
export async function describeDatabase(db: mongo.Db): Promise<string[]> {
  const lines: string[] = [];
  const exact = { promoteValues: false, bsonRegExp: true } as const;
  const collections: mongo.Document[] = await db.listCollections({}, exact).toArray();
  for (const { name, type, options } of collections.toSorted((a, b) =>
    String(a.name) < String(b.name) ? -1 : 1,
  )) {
    if (name === 'system.views') continue;
    lines.push(`${name} ${type} ${toText(options)}`);
    if (type === 'view') continue;
    const documents = await db.collection(String(name)).find({}, { raw: true }).toArray();
    const texts = documents.map((bytes) => shown(bytes as unknown as Uint8Array));
    // The order of insertion is a property of capped collections only.
    const isCapped = (options as { capped?: boolean } | undefined)?.capped === true;
    lines.push(...(isCapped ? texts : texts.toSorted()).map((text) => `${name} ${text}`));
    if (String(name).startsWith('system.buckets.')) continue;
    const indexes = await db.collection(String(name)).listIndexes({ raw: true }).toArray();
    const hex = indexes.map((bytes) => Buffer.from(bytes as unknown as Uint8Array).toString('hex'));
    // The order in which they were built means nothing.
    lines.push(
      ...hex.toSorted().map((text) => `${name} index ${Buffer.from(text, 'hex').toString('latin1')}`),
    );
  }
  return lines.map((line) => line.replaceAll(db.databaseName, 'DATABASE'));
}

/** Large documents are known by their hash. */
function shown(bytes: Uint8Array): string {
  const isLarge = bytes.length > LARGE_BYTES;
  return isLarge ? createHash('sha256').update(bytes).digest('hex') : Buffer.from(bytes).toString('hex');
}

function toText(options: unknown): string {
  return BSON.EJSON.stringify(options, { relaxed: false });
}
