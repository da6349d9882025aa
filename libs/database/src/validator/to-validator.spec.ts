import { Mongoose, mongo, Schema } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { toPattern } from './to-pattern.ts';
import { toValidator } from './to-validator.ts';

const mongoose = new Mongoose({ autoCreate: false, autoIndex: false });
const { Decimal128, Double, Long, ObjectId } = mongo;

function validatorOf(schema: Schema) {
  return toValidator(mongoose.model('Case', schema, 'cases', { overwriteModels: true }).schema);
}

const everything = new Schema(
  {
    name: { type: String, required: true, minlength: 4, maxlength: 6 },
    code: { type: String, match: /^[A-Z]{2}-\d+$/ },
    status: { type: String, enum: ['new', 'old', 'new'] },
    level: { type: Number, enum: [1, 2] },
    age: { type: Number, min: 0, max: [150, 'too old'] },
    count: Schema.Types.Int32,
    ratio: Schema.Types.Double,
    big: BigInt,
    price: Schema.Types.Decimal128,
    isOpen: Boolean,
    at: Date,
    owner: Schema.Types.ObjectId,
    bytes: Buffer,
    id16: Schema.Types.UUID,
    tags: [{ type: String, enum: ['a', 'b'] }],
    grid: [[Number]],
    free: {},
    counters: { type: Map, of: Number },
    address: { city: { type: String, required: true }, zip: String },
    home: new Schema({ street: { type: String, required: true } }),
    lines: [new Schema({ sku: { type: String, required: true }, amount: Number }, { _id: false })],
  },
  { timestamps: true },
);

describe(toValidator.name, () => {
  let database: TestDatabase;
  let cases: mongo.Collection;
  beforeAll(async () => {
    database = await TestDatabase.start();
    cases = database.db.collection('cases');
  });
  afterEach(() => database.clear());
  afterAll(() => database.stop());

  async function isAccepted(schema: Schema, document: object): Promise<boolean> {
    await cases.drop();
    await database.db.createCollection('cases', { validator: validatorOf(schema) });
    return cases.insertOne({ ...document }).then(
      () => true,
      (error: mongo.MongoServerError) => {
        if (error.code !== 121) throw error;
        return false;
      },
    );
  }

  const full = {
    name: 'Adele',
    code: 'AB-1',
    status: 'new',
    level: 2,
    age: 30,
    count: 1,
    ratio: new Double(1),
    big: Long.fromNumber(1),
    price: Decimal128.fromString('1.5'),
    isOpen: false,
    at: new Date(),
    owner: new ObjectId(),
    bytes: new mongo.Binary(Buffer.from('a')),
    id16: new mongo.UUID().toBinary(),
    tags: ['a'],
    grid: [[1, 2.5]],
    free: { x: [1] },
    counters: { a: 1 },
    address: { city: 'Bern' },
    home: { _id: new ObjectId(), street: 'A' },
    lines: [{ sku: 's', amount: 1 }],
    createdAt: new Date(),
    updatedAt: new Date(),
    __v: 0,
  };

  it('accepts a whole document, a small one, one of nulls, and one with unknown fields', async () => {
    const nulls = Object.fromEntries(Object.keys(full).map((key) => [key, null]));
    for (const document of [
      full,
      { name: 'Adele' },
      { ...nulls, name: 'Adele' },
      { name: 'Adele', other: 1 },
    ]) {
      expect(await isAccepted(everything, document)).toBe(true);
    }
  });

  it.each<[string, object]>([
    ['no name', { name: undefined }],
    ['a name that is null', { name: null }],
    ['another type', { name: 5 }],
    ['too short', { name: 'a' }],
    ['too long', { name: 'Adelaide' }],
    ['wrong form', { code: 'AB1' }],
    ['not of the list', { status: 'gone' }],
    ['a number not of the list', { level: 3 }],
    ['too small', { age: -1 }],
    ['too large', { age: 151 }],
    ['a fraction', { count: 1.5 }],
    ['an integer for a double', { ratio: 1 }],
    ['a text for a long', { big: '1' }],
    ['a number for a decimal', { price: 1.5 }],
    ['a number for a boolean', { isOpen: 1 }],
    ['a text for a date', { at: '2020-01-01' }],
    ['a text for an id', { owner: 'aaaaaaaaaaaaaaaaaaaaaaaa' }],
    ['a text for bytes', { bytes: 'a' }],
    ['a text for a UUID', { id16: 'a' }],
    ['a scalar for a list', { tags: 'a' }],
    ['an element not of the list', { tags: ['a', 'c'] }],
    ['a text in a grid', { grid: [[1, 'x']] }],
    ['a text in a map', { counters: { a: 'x' } }],
    ['a nested object without its field', { address: { zip: '1' } }],
    ['a scalar for an object', { address: 'Bern' }],
    ['a part without its field', { home: {} }],
    ['an element without its field', { lines: [{ sku: 's' }, { amount: 1 }] }],
    ['an element of another type', { lines: [{ sku: 's', amount: '1' }] }],
    ['a version that is no number', { __v: 'x' }],
    ['a timestamp of another type', { createdAt: 5 }],
  ])('refuses %s', async (_what, part) => {
    const document = Object.fromEntries(
      Object.entries({ ...full, ...part }).filter(([, v]) => v !== undefined),
    );
    expect(await isAccepted(everything, document)).toBe(false);
  });

  it('asks for no field that is required on a condition, or not at all', () => {
    const schema = new Schema({
      a: { type: String, required: () => true },
      b: { type: String, required: [() => true, 'needed'] },
      c: { type: String, required: [false, 'needed'] },
      d: { type: String, required: { isRequired: () => true, message: 'needed' } },
      e: { type: String, required: [true, 'needed'] },
    });
    expect(validatorOf(schema).$jsonSchema.required).toEqual(['e', '_id']);
  });

  it('asks for no object that Mongoose leaves out when it is empty', () => {
    const fields = { free: { type: {}, required: true }, map: { type: Map, of: Number, required: true } };
    expect(validatorOf(new Schema(fields)).$jsonSchema.required).toEqual(['_id']);
    const kept = validatorOf(new Schema(fields, { minimize: false }));
    expect(kept.$jsonSchema.required).toEqual(['free', 'map', '_id']);
  });

  it('counts characters where Mongoose counts halves of them', async () => {
    const schema = new Schema({ name: { type: String, minlength: 4, maxlength: 4 } });
    expect(await isAccepted(schema, { name: '😀😀' })).toBe(true);
    expect(await isAccepted(schema, { name: 'abcd' })).toBe(true);
  });

  it('takes a schema that holds itself', async () => {
    const node = new Schema({ name: { type: String, required: true } });
    node.add({ children: [node] } as never);
    expect(
      await isAccepted(node, { name: 'a', children: [{ name: 'b', children: [{ children: [] }] }] }),
    ).toBe(true);
    expect(await isAccepted(node, { name: 'a', children: 5 })).toBe(false);
  });

  it('lets everything through that a loose schema may hold', async () => {
    const loose = new Schema({ a: Number }, { strict: false });
    expect(await isAccepted(loose, { a: 1, b: { c: [1] } })).toBe(true);
  });
});

describe(toPattern.name, () => {
  it.each([
    [/^[A-Z]{2}-\d+$/, '^$|(?:^[A-Z]{2}-\\d+$)'],
    [/^a|b$/i, '(?i)^$|(?:^a|b$)'],
    [/\w+@\w+\.org/, '^$|(?:\\w+@\\w+\\.org)'],
  ])('translates %s', (pattern, text) => {
    expect(toPattern(pattern)).toBe(text);
  });

  it.each([
    /./,
    /[^a]/,
    /\s/,
    /\S/,
    /\bx/,
    /é/,
    /(.)\1/,
    /a/g,
    /a/u,
    /^a$/m,
    /\p{L}/u,
    /\u{61}/u,
    /a{,3}/,
    /[\u0041]/,
  ])('leaves out %s, which the server may understand otherwise', (pattern) => {
    expect(toPattern(pattern)).toBeUndefined();
  });
});
