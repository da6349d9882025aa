import fc from 'fast-check';
import { mongo, Schema, type Model } from 'mongoose';
import { TestConnection } from '../../../../test/support/test-connection.ts';
import { DatabaseError } from '../errors/database.error.ts';
import { payload } from '../schema/filter-attacks.spec.ts';
import { MongoRepository } from './mongo.repository.ts';

type Thing = mongo.Document & { _id: mongo.ObjectId };

class ThingRepository extends MongoRepository<Thing> {}

const part = new Schema({ ssn: { type: String, immutable: true }, city: String }, { _id: false });
const event = new Schema({ at: Date }, { _id: false, discriminatorKey: 'kind' });
event.discriminator('View', new Schema({ url: String }, { _id: false }));
event.discriminator(
  'Click',
  new Schema({ url: { type: String, immutable: true }, note: String }, { _id: false }),
);

class Part {
  city = 'Ulm';
}

function declared(): Schema {
  return new Schema(
    {
      t: String,
      n: Number,
      at: Date,
      tags: [String],
      any: Schema.Types.Mixed,
      m: { type: Map, of: part },
      words: { type: Map, of: String },
      profile: part,
      nested: { code: { type: String, immutable: true }, free: String },
      items: [new Schema({ sku: { type: String, immutable: true }, n: Number }, { _id: false })],
      ev: event,
      homes: [new Schema({ city: String }, { _id: false })],
      home: new Schema({ city: String }, { _id: false }),
    },
    { timestamps: true },
  ).pre('save', () => undefined);
}

let context: TestConnection;
beforeAll(async () => {
  context = await TestConnection.start();
});
afterAll(() => context.stop());

function repositoryOf(name: string, schema: Schema): ThingRepository {
  const model = context.connection.mongoose.model(name, schema) as unknown as Model<Thing>;
  return new ThingRepository(model, context.connection);
}

describe('an update by way of Mongoose', () => {
  let things: ThingRepository;
  let id: mongo.ObjectId;
  let before: unknown;
  beforeAll(async () => {
    things = repositoryOf('Thing', declared());
    expect(things.explain().writes).toBe('mongoose');
    const document = {
      t: 'a',
      tags: ['x', 'y'],
      profile: { ssn: '1' },
      nested: { code: 'c', free: 'f' },
      items: [{ sku: 's' }],
      m: { a: { ssn: '1' } },
      ev: { kind: 'Click', url: 'a' },
    };
    ({ _id: id } = await things.insert(document));
    before = await things.getById(id);
  });

  const REFUSED: Record<string, object> = {
    'an immutable field by its object': { profile: { ssn: '2' } },
    'an immutable field by removal': { $unset: { profile: 1 } },
    'a nested immutable field by removal': { $unset: { nested: 1 } },
    'a nested immutable field': { nested: { code: 'd' } },
    'an immutable field in an array': { items: [{ sku: 'z' }] },
    'an immutable field of an element': { 'items.0': { sku: 'z' } },
    'an immutable field in a map': { m: { a: { ssn: '5' } } },
    'an immutable field of a map entry': { 'm.a': { ssn: '5' } },
    'an immutable field of a discriminator': { ev: { kind: 'Click', url: 'b' } },
    'an immutable field of one of the discriminators': { 'ev.url': 'b' },
    createdAt: { createdAt: new Date(0) },
    updatedAt: { $set: { updatedAt: new Date(0) } },
    'the version': { __v: 99 },
    _id: { _id: new mongo.ObjectId() },
    'two changes of one place': { 'nested.free': 'g', nested: { free: 'h' } },
    'one path twice': { t: 'a', $unset: { t: 1 } },
    '$pull by an operator': { $pull: { tags: { $ne: null } } },
    '$pull by no condition': { $pull: { items: {} } },
    '$push with modifiers': { $push: { tags: { $each: [], $slice: 0 } } },
    '$addToSet with modifiers': { $addToSet: { tags: { $each: ['z'] } } },
    'an operator in a free field': { any: { $where: 1 } },
    'an operator deep in a free field': { any: { a: [{ $where: 1 }] } },
    'an operator as the key of a map': { 'words.$where': 'x' },
    'an operator in a map': { words: { $where: 'x' } },
    '$currentDate of a text': { $currentDate: { t: true } },
    'a forged type': { any: { _bsontype: 'ObjectId', id: 'x' } },
    'an unknown field of a part': { homes: [{ street: 'x' }] },
  };

  it.each(Object.keys(REFUSED))('is refused with %s', async (name) => {
    const code = expect.stringMatching(/^(FILTER|DOCUMENT)_INVALID$/);
    const update = REFUSED[name] as never;
    await expect(things.updateById(id, update)).rejects.toMatchObject({ code });
    await expect(things.findByIdAndUpdate(id, update)).rejects.toMatchObject({ code });
    await expect(things.updateMany({ t: 'a' }, update)).rejects.toMatchObject({ code });
    expect(await things.getById(id)).toEqual(before);
  });

  it('lets in no operator from outside, in any place', async () => {
    const places: ((value: unknown) => object)[] = [
      (any) => ({ any }),
      (value) => ({ any: { deep: [value] } }),
      (words) => ({ words }),
      (day) => ({ 'words.day': day }),
      (a) => ({ m: { a } }),
      (profile) => ({ profile }),
      (home) => ({ home }),
      (city) => ({ home: { city } }),
      (homes) => ({ $push: { homes } }),
      (homes) => ({ $addToSet: { homes } }),
      (homes) => ({ $pull: { homes } }),
      (city) => ({ $pull: { homes: { city } } }),
      (tags) => ({ $pull: { tags } }),
      (tags) => ({ $pullAll: { tags: [tags] } }),
      (tags) => ({ $pop: { tags } }),
      (at) => ({ $currentDate: { at } }),
      (any) => ({ $min: { any } }),
      (any) => ({ $setOnInsert: { any } }),
    ];
    const seed = Date.now() % 2 ** 31;
    const answers: unknown[] = [];
    for (const value of fc.sample(payload, { numRuns: 30, seed }))
      for (const put of places) {
        const update = put(JSON.parse(JSON.stringify(value))) as never;
        const answer = await things.updateOne({ t: 'a' }, update).catch((error: unknown) => error);
        if (!(answer instanceof DatabaseError)) answers.push([update, String(answer)]);
      }
    expect({ seed, answers }).toEqual({ seed, answers: [] });
    expect(await things.getById(id)).toEqual(before);
  });

  it('takes instances of classes, and what the schema casts', async () => {
    const { _id } = await things.insert({ t: 'b', tags: ['x'] });
    const update = { home: new Part(), homes: [new Part()], n: '5', any: { a: [1] }, $push: { tags: ['y'] } };
    expect(await things.updateById(_id, update as never)).toBe(true);
    const fields = {
      home: { city: 'Ulm' },
      homes: [{ city: 'Ulm' }],
      n: 5,
      any: { a: [1] },
      tags: ['x', 'y'],
    };
    expect(await things.getById(_id)).toMatchObject(fields);
    await things.deleteById(_id);
  });
});

describe('an upsert by way of Mongoose', () => {
  let things: ThingRepository;
  beforeAll(() => {
    const schema = new Schema(
      {
        email: { type: String, required: true, match: /@/ },
        name: { type: String, required: true },
        slug: { type: String, validate: async (slug: string) => slug !== 'taken' },
        visits: { type: Number, required: true, min: 0 },
        stats: new Schema({ seen: { type: Number, required: true }, liked: Number }, { _id: false }),
        createdAt: { type: Date, required: true },
      },
      { timestamps: true },
    );
    things = repositoryOf(
      'Visitor',
      schema.pre('save', () => undefined),
    );
  });
  afterEach(() => context.clear());

  it.each<[string, object, object, string[]]>([
    ['a required field is missing', { email: 'a@b' }, { $inc: { visits: 1 } }, ['name']],
    [
      'a part that it makes is not whole',
      { email: 'a@b' },
      { name: 'A', visits: 1, $inc: { 'stats.liked': 1 } },
      ['stats.seen'],
    ],
    ['the filter breaks the schema', { email: 'nobody' }, { name: 'A', visits: 1 }, ['email']],
    ['an async validator refuses', { email: 'a@b', slug: 'taken' }, { name: 'A', visits: 1 }, ['slug']],
    [
      'what it sets on insert breaks the schema',
      { email: 'a@b' },
      { name: 'A', $setOnInsert: { visits: -1 } },
      ['visits'],
    ],
  ])('stores nothing when %s', async (_name, filter, update, paths) => {
    const problems = paths.map((path) => expect.objectContaining({ path }));
    await expect(things.upsert(filter as never, update)).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
      problems,
    });
    expect(await things.count({})).toBe(0);
  });

  it('stores what is complete, also by what operators write', async () => {
    const { document, isInserted } = await things.upsert(
      { email: 'a@b' },
      { name: 'A', $inc: { visits: 2, 'stats.seen': 1 } },
    );
    expect(isInserted).toBe(true);
    expect(document).toMatchObject({ email: 'a@b', name: 'A', visits: 2, stats: { seen: 1 }, __v: 1 });
    const again = await things.upsert({ email: 'a@b' }, { name: 'B', $inc: { visits: 1 } });
    expect([again.isInserted, again.document.visits]).toEqual([false, 3]);
  });
});
