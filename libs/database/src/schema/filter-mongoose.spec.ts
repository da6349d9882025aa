import fc from 'fast-check';
import { type Model, mongo, Mongoose, Schema, trusted } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { compileFilter } from './filter-compiler.ts';

// FILTER_CASES sets the number of filters, FILTER_SEED the seed that a failure has printed.
const CASES = Number(process.env.FILTER_CASES ?? 300);
const SEED = process.env.FILTER_SEED;

const part = new Schema({ city: String, floor: Number }, { _id: false });
const schema = new Schema({
  name: { type: String, lowercase: true },
  age: Number,
  isActive: Boolean,
  since: Date,
  owner: Schema.Types.ObjectId,
  home: part,
  parts: [part],
  tags: [String],
  stats: { visits: Number },
  limits: { type: Map, of: Number },
});

const IDS = ['64b7f0f0f0f0f0f0f0f0f0f1', '64b7f0f0f0f0f0f0f0f0f0f2'];
const text = fc.constantFrom('a', 'b', 'C', 'ab');
const number = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('0', '1', '2', true));
const date = fc.constantFrom<unknown>('2020-01-01', new Date('2021-01-01'), 1_577_836_800_000);
const id = fc.constantFrom<unknown>(...IDS, new mongo.ObjectId(IDS[0]));

/** Values for each path, in the forms that Mongoose casts. */
const VALUES: Record<string, fc.Arbitrary<unknown>> = {
  name: text,
  age: number,
  isActive: fc.constantFrom<unknown>(true, false, 'true', 0),
  since: date,
  owner: id,
  'home.city': text,
  'home.floor': number,
  'parts.city': text,
  'parts.0.floor': number,
  tags: text,
  'tags.1': text,
  'stats.visits': number,
  'limits.day': number,
};

/** A filter with plain operators: each side marks or copies it as it needs. */
const condition = fc.constantFrom(...Object.keys(VALUES)).chain((path) => {
  const value = VALUES[path] ?? text;
  const single = fc.tuple(fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte'), value);
  const operators = fc.oneof(
    { weight: 3, arbitrary: single.map(([name, operand]): object => ({ [name]: operand })) },
    fc
      .tuple(fc.constantFrom('$in', '$nin'), fc.array(value, { maxLength: 3 }))
      .map(([name, list]): object => ({ [name]: list })),
    fc.boolean().map((is): object => ({ $exists: is })),
    fc.constantFrom<object>({ $type: 'number' }, { $type: ['string', 'array'] }),
    // Mongoose knows these orders on all of the types.
    single
      .filter(([name]) => name !== '$eq')
      .map(([name, operand]): object => ({ $not: { [name]: operand } })),
  );
  const isOrdered = path !== 'isActive';
  return fc
    .oneof(value, isOrdered ? operators : value, fc.constant(null))
    .map((operand): object => ({ [path]: operand }));
});
const special = fc.oneof(
  fc.nat(3).map((size): object => ({ tags: { $size: size } })),
  fc.array(text, { minLength: 1, maxLength: 2 }).map((all): object => ({ tags: { $all: all } })),
  fc
    .tuple(text, number)
    .map(([city, floor]): object => ({ parts: { $elemMatch: { city, floor: { $gte: floor } } } })),
  text.map((one): object => ({ name: { $regex: one, $options: 'i' } })),
  fc.constant<object>({ name: /^a/ }),
  fc.constant<object>({ age: { $mod: [2, 1] } }),
  fc.constant<object>({ age: { $bitsAllSet: [0] } }),
  number.map((least): object => ({ tags: { $elemMatch: { $gt: String(least) } } })),
);
const leaf = fc.oneof({ weight: 4, arbitrary: condition }, special);
const logical = fc
  .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(leaf, { minLength: 1, maxLength: 3 }))
  .map(([name, branches]): object => ({ [name]: branches }));
const filters = fc
  .array(fc.oneof({ weight: 3, arbitrary: leaf }, logical), { minLength: 1, maxLength: 3 })
  .map((parts): object => Object.assign({}, ...parts) as object);

const documents = fc.array(
  fc.record(
    {
      name: text.map((one) => one.toLowerCase()),
      age: fc.integer({ min: 0, max: 3 }),
      isActive: fc.boolean(),
      since: fc.constantFrom(new Date('2020-01-01'), new Date('2021-01-01')),
      owner: fc.constantFrom(...IDS).map((hex) => new mongo.ObjectId(hex)),
      home: fc.record({ city: text, floor: fc.integer({ min: 0, max: 3 }) }),
      parts: fc.array(fc.record({ city: text, floor: fc.integer({ min: 0, max: 3 }) }), { maxLength: 2 }),
      tags: fc.array(text, { maxLength: 3 }),
      stats: fc.record({ visits: fc.integer({ min: 0, max: 3 }) }),
      limits: fc.record({ day: fc.integer({ min: 0, max: 3 }) }),
    },
    { requiredKeys: [] },
  ),
  { minLength: 60, maxLength: 60 },
);

describe(`${compileFilter.name}, compared with Mongoose`, () => {
  let database: TestDatabase;
  let mongoose: Mongoose;
  let model: Model<unknown>;
  beforeAll(async () => {
    database = await TestDatabase.start();
    mongoose = new Mongoose({ autoIndex: false, autoCreate: false });
    await mongoose.connect(database.uri);
    model = mongoose.model('Person', schema) as unknown as Model<unknown>;
    await model.collection.insertMany(fc.sample(documents, { numRuns: 1, seed: 7 })[0] as mongo.Document[]);
  });
  afterAll(async () => {
    await mongoose.disconnect();
    await database.stop();
  });

  it('finds the same documents', async () => {
    const compile = compileFilter(schema);
    let found = 0;
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        // Mongoose casts in place.
        const expected = await model
          .find(copyOf(filter) as never, { _id: 1 }, { strictQuery: 'throw' as never })
          .lean();
        const actual = await model.collection
          .find(compile(markedCopyOf(filter) as object))
          .project({ _id: 1 })
          .toArray();
        expect(actual).toEqual(expected);
        if (actual.length > 0 && actual.length < 60) found++;
      }),
      { numRuns: CASES, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    expect(found).toBeGreaterThan(CASES / 3);
  });
});

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => copyOf(item));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyOf(inner)]));
}

/** As a developer writes it: every object with operators is marked. */
function markedCopyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => markedCopyOf(item));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return trusted(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, markedCopyOf(inner)])));
}
