import { mongo, Mongoose, Schema, type Model } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DatabaseError, DatabaseUnavailableError, DocumentInvalidError } from './database.error.ts';
import { toDatabaseError, topologyFailure } from './to-database-error.ts';

/** Names and values of this suite hold this word; no message may. */
const SECRET = /secret/i;

interface Item {
  name: string;
  count: number;
  kind: string;
  seenAt: Date;
  owner: mongo.ObjectId;
  key: mongo.UUID;
  tags: string[];
  scores: number[];
  nested: { level: number };
  extra: unknown;
}

const schema = new Schema({
  name: { type: String, required: true, minlength: 2, maxlength: 5, match: /^[a-z]*$/ },
  count: { type: Number, min: 3, max: 5 },
  kind: { type: String, enum: ['first', 'second'] },
  seenAt: Date,
  owner: Schema.Types.ObjectId,
  key: Schema.Types.UUID,
  tags: { type: [String], validate: (tags: string[]) => tags.length < 3 },
  scores: [Number],
  nested: new Schema({ level: { type: Number, required: true } }),
  extra: Schema.Types.Mixed,
});

async function nameOf(operation: () => Promise<unknown>): Promise<unknown> {
  let error: unknown;
  try {
    await operation();
  } catch (thrown) {
    error = thrown;
  }
  const named = toDatabaseError(error);
  if (named instanceof DatabaseError) {
    expect(named.cause).toBe(error);
    expect(named.message).not.toMatch(SECRET);
  }
  return named;
}

function nest(levels: number): Record<string, unknown> {
  let document = {};
  for (let level = 0; level < levels; level += 1) document = { a: document };
  return document;
}

describe(toDatabaseError.name, () => {
  let database: TestDatabase;
  let client: mongo.MongoClient;
  let items: mongo.Collection;
  let models: Model<Item>;
  let versioned: Model<Item>;

  beforeAll(async () => {
    database = await TestDatabase.start();
    client = await new mongo.MongoClient(database.uri).connect();
    items = database.db.collection('secretItems');
    const connection = new Mongoose({ autoCreate: false, autoIndex: false }).createConnection();
    connection.setClient(client);
    models = connection.model<Item>('secretItem', schema, 'secretItems');
    const strict = schema.clone().set('optimisticConcurrency', true);
    versioned = connection.model<Item>('secretVersioned', strict, 'secretItems');
  });
  afterEach(() => database.clear());
  afterAll(async () => {
    await client.close();
    await database.stop();
  });

  describe('names a document that Mongoose refuses', () => {
    it.each<[object, { path: string; message: string }]>([
      [{ name: undefined }, { path: 'name', message: 'is required' }],
      [{ name: 's' }, { path: 'name', message: 'must have at least 2 characters' }],
      [{ name: 'secret' }, { path: 'name', message: 'must have at most 5 characters' }],
      [{ name: 'SECRE' }, { path: 'name', message: 'has the wrong form' }],
      [{ name: { toString: 'secret' } }, { path: 'name', message: 'must be a string' }],
      [{ count: 1 }, { path: 'count', message: 'must be at least 3' }],
      [{ count: 9 }, { path: 'count', message: 'must be at most 5' }],
      [{ count: 'secret' }, { path: 'count', message: 'must be a Number' }],
      [{ kind: 'secret' }, { path: 'kind', message: 'must be one of first, second' }],
      [{ seenAt: 'secret' }, { path: 'seenAt', message: 'must be a Date' }],
      [{ owner: 'secret' }, { path: 'owner', message: 'must be an ObjectId' }],
      [{ key: 'secret' }, { path: 'key', message: 'must be a UUID' }],
      [{ tags: ['secret', 'b', 'c'] }, { path: 'tags', message: 'is not valid' }],
      [{ scores: [1, 'secret'] }, { path: 'scores.1', message: 'must be a Number' }],
      [{ nested: {} }, { path: 'nested.level', message: 'is required' }],
      [{ nested: 'secret' }, { path: 'nested', message: 'must be an object' }],
    ])('for %j', async (fields, problem) => {
      const named = await nameOf(() => models.create({ name: 'good', ...fields } as Item));
      expect(named).toMatchObject({ code: 'DOCUMENT_INVALID', problems: [problem] });
      expect((named as Error).message).toBe(`The document is not valid: ${problem.path} ${problem.message}`);
    });

    it('for several fields, with one problem each', async () => {
      const named = await nameOf(() => models.create({ count: 1, kind: 'secret' } as Item));
      const paths = (named as DocumentInvalidError).problems.map(({ path }) => path);
      expect(paths.toSorted()).toEqual(['count', 'kind', 'name']);
    });

    it('for an update', async () => {
      const update = () => models.updateOne({}, { count: 1 }, { runValidators: true }).exec();
      expect(await nameOf(update)).toMatchObject({ code: 'DOCUMENT_INVALID', problems: [{ path: 'count' }] });
    });
  });

  describe('names a filter that Mongoose refuses', () => {
    it.each<[string, object, object]>([
      ['a value of another type', { count: 'secret' }, { path: 'count', message: 'must be a Number' }],
      [
        'one behind an operator',
        { count: { $gt: 'secret' } },
        { path: 'count', message: 'must be a Number' },
      ],
      ['an id that is none', { _id: 'secret' }, { path: '_id', message: 'must be an ObjectId' }],
      [
        'an unknown field',
        { other: 'secret' },
        { path: 'other', message: 'is not a field of this collection' },
      ],
    ])('%s', async (_, filter, problem) => {
      const find = () => models.find(filter).setOptions({ strictQuery: 'throw' }).exec();
      expect(await nameOf(find)).toMatchObject({ code: 'FILTER_INVALID', problems: [problem] });
    });

    it('an operator from outside', async () => {
      const find = () =>
        models
          .findOne({ name: { $ne: 'secret' } })
          .setOptions({ sanitizeFilter: true })
          .exec();
      expect(await nameOf(find)).toMatchObject({ code: 'FILTER_INVALID', problems: [{ path: 'name' }] });
    });

    it('an unknown field in an update', async () => {
      const update = () => models.updateOne({}, { $set: { other: 'secret' } }, { strict: 'throw' }).exec();
      expect(await nameOf(update)).toMatchObject({ code: 'FILTER_INVALID', problems: [{ path: 'other' }] });
    });
  });

  it('names a document that is not there', async () => {
    const find = () => models.findOne({ name: 'secret' }).orFail().exec();
    expect(await nameOf(find)).toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
    const document = await models.create({ name: 'good' });
    await models.deleteOne({ _id: document._id });
    expect(await nameOf(() => document.set('count', 4).save())).toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
  });

  it('names a document that has changed since', async () => {
    const first = await versioned.create({ name: 'good' });
    const second = await versioned.findById(first._id).orFail();
    await second.set('count', 4).save();
    const late = () => first.set('count', 5).save();
    expect(await nameOf(late)).toMatchObject({ code: 'VERSION_CONFLICT' });
  });

  describe('names a document that the validator of the collection refuses', () => {
    const rules = {
      required: ['name', 'count'],
      properties: {
        _id: {},
        name: { bsonType: 'string' },
        count: { minimum: 3 },
        nested: { bsonType: 'object', required: ['level'], properties: { level: { bsonType: 'int' } } },
      },
      additionalProperties: false,
    };
    const good = { name: 'secret', count: 3 };
    beforeAll(() => database.db.createCollection('secretRules', { validator: { $jsonSchema: rules } }));

    it.each<[object, string[]]>([
      [{ name: 'secret' }, ['count']],
      [{ ...good, name: 1, count: 1 }, ['count', 'name']],
      [{ ...good, nested: {} }, ['nested.level']],
      [{ ...good, nested: { level: 'secret' } }, ['nested.level']],
      [{ ...good, other: 1 }, ['other']],
      [{ ...good, name: { propertyName: 'secret', missingProperties: ['secret'] } }, ['name']],
    ])('%j', async (document, paths) => {
      const collection = database.db.collection('secretRules');
      for (const insert of [
        () => collection.insertOne({ ...document }),
        () => collection.insertMany([{ ...document }]),
      ]) {
        const named = (await nameOf(insert)) as DocumentInvalidError;
        expect(named.code).toBe('DOCUMENT_INVALID');
        expect(named.problems.map(({ path }) => path).toSorted()).toEqual(paths);
        expect(named.problems[0]?.message).toBe('is refused by the validator of the collection');
      }
    });

    it('by a rule that names no field', async () => {
      await database.db.createCollection('secretExpression', { validator: { $expr: { $gt: ['$a', '$b'] } } });
      const insert = () => database.db.collection('secretExpression').insertOne({ a: 1, b: 2 });
      const message = 'The document is not valid: it is refused by the validator of the collection';
      expect(await nameOf(insert)).toMatchObject({ problems: [{ path: '' }], message });
    });
  });

  describe('names a document that BSON cannot hold', () => {
    const tooLarge = [{ path: '', message: 'it is too large or nested too deeply' }];
    const notBson = [{ path: '', message: 'it cannot be stored as BSON' }];
    const text = (megabytes: number): string => 's'.repeat(megabytes * 1_048_576);
    const circular: Record<string, unknown> = {};
    circular.self = circular;

    it.each<[string, object[], () => object]>([
      ['over the 16 MiB of the server', tooLarge, () => ({ extra: text(16.5) })],
      ['over the 17 MiB of the serializer', tooLarge, () => ({ extra: text(20) })],
      ['250 levels', tooLarge, () => nest(250)],
      ['20,000 levels', tooLarge, () => nest(20_000)],
      ['a NUL in a key', notBson, () => ({ 'secret\0key': 1 })],
      ['a circle', notBson, () => circular],
      ['a forged type', notBson, () => ({ extra: { _bsontype: 'secret' } })],
    ])('%s', async (_, problems, create) => {
      const expected = { code: 'DOCUMENT_INVALID', problems };
      expect(await nameOf(() => items.insertOne(create()))).toMatchObject(expected);
      expect(await nameOf(() => items.insertMany([create()]))).toMatchObject(expected);
      expect(await items.estimatedDocumentCount()).toBe(0);
    });

    it('20,000 levels in Mongoose, in a document and in a filter', async () => {
      const deep = { name: 'good', extra: nest(20_000) };
      const expected = { code: 'DOCUMENT_INVALID', problems: tooLarge };
      expect(await nameOf(() => models.create(deep))).toMatchObject(expected);
      expect(await nameOf(() => models.findOne(deep).exec())).toMatchObject(expected);
    });

    it('one that grows too large', async () => {
      await items.insertOne({ first: text(9) });
      const update = () => items.updateOne({}, { $set: { second: text(9) } });
      expect(await nameOf(update)).toMatchObject({ code: 'DOCUMENT_INVALID', problems: tooLarge });
    });
  });

  describe('leaves alone', () => {
    it.each<[string, unknown]>([
      ['an error of its own family', new DatabaseUnavailableError('closed')],
      ['a mistake in the code', new TypeError('x is not a function')],
      ['a range of our own', new RangeError('Invalid array length')],
      ['an abort', AbortSignal.abort().reason],
      ['what is no error', { code: 11000 }],
      ['nothing', undefined],
    ])('%s', (_, error) => {
      expect(toDatabaseError(error)).toBe(error);
    });

    it.each<[string, () => Promise<unknown>]>([
      ['a filter that the server refuses', () => items.findOne({ $secret: 1 })],
      ['a misuse of the driver', () => items.updateOne({}, { secret: 1 })],
      ['a misuse of Mongoose', async () => models.updateOne({}, [{ $set: { count: 1 } }]).exec()],
    ])('%s', async (_, operation) => {
      const error = await operation().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(toDatabaseError(error)).toBe(error);
    });
  });
});

describe(topologyFailure.name, () => {
  it('knows nothing better than no answer before the first heartbeat', () => {
    expect(topologyFailure(undefined)).toMatchObject({ reason: 'no-answer' });
  });
});
