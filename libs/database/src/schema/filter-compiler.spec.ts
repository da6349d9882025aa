import { mongo, Mongoose, Schema, trusted, Types } from 'mongoose';
import { FilterInvalidError } from '../errors/database.error.ts';
import { compileFilter } from './filter-compiler.ts';

const address = new Schema({ city: { type: String, required: true }, floor: Number });
const schema = new Schema({
  name: String,
  email: { type: String, lowercase: true },
  age: Number,
  isActive: Boolean,
  since: Date,
  owner: Schema.Types.ObjectId,
  price: Schema.Types.Decimal128,
  bytes: Buffer,
  home: address,
  addresses: [address],
  tags: [String],
  grid: [[Number]],
  place: { type: { type: String }, coordinates: [Number] },
  stats: { visits: { total: Number } },
  limits: { type: Map, of: Number },
  free: {},
});
schema.add({ children: [schema] });

const ID = '64b7f0f0f0f0f0f0f0f0f0f0';
const id = new Types.ObjectId(ID);

describe(compileFilter.name, () => {
  const compile = compileFilter(schema);
  const refusalOf = (filter: unknown) => {
    try {
      compile(filter as object);
    } catch (error) {
      if (error instanceof FilterInvalidError)
        return `${error.problems[0]?.path}: ${error.problems[0]?.message}`;
      throw error;
    }
    return undefined;
  };

  it.each<[string, object, object]>([
    ['nothing', {}, {}],
    ['an id', { _id: ID }, { _id: id }],
    [
      'numbers and dates in text',
      { age: '5', since: '2020-01-01' },
      { age: 5, since: new Date('2020-01-01') },
    ],
    ['by setters', { email: 'ADA@Example.org' }, { email: 'ada@example.org' }],
    ['the version', { __v: '3' }, { __v: 3 }],
    ['null', { name: null }, { name: null }],
    ['a pattern of the code', { name: /^a/i }, { name: /^a/i }],
    ['a nested path', { 'stats.visits.total': '4' }, { 'stats.visits.total': 4 }],
    ['a nested object', { stats: { visits: { total: '4' } } }, { stats: { visits: { total: 4 } } }],
    ['a subdocument, as it is', { home: { city: 7 } }, { home: { city: '7' } }],
    ['a path into an array', { 'addresses.floor': '2' }, { 'addresses.floor': 2 }],
    ['an index', { 'addresses.0.floor': '2', 'grid.1.0': '3' }, { 'addresses.0.floor': 2, 'grid.1.0': 3 }],
    ['an element and a whole array', { tags: 1, grid: [['1']] }, { tags: '1', grid: [[1]] }],
    ['a key of a map', { 'limits.day': '9' }, { 'limits.day': 9 }],
    ['what has no type', { 'free.a.b': '1', free: { a: [1] } }, { 'free.a.b': '1', free: { a: [1] } }],
    ['a schema in itself', { 'children.children.age': '1' }, { 'children.children.age': 1 }],
    [
      'logic',
      { $or: [{ age: '1' }, { $nor: [{ age: '2' }] }] },
      { $or: [{ age: 1 }, { $nor: [{ age: 2 }] }] },
    ],
    ['a range', { age: trusted({ $gte: '1', $lt: 5 }) }, { age: { $gte: 1, $lt: 5 } }],
    ['lists', { owner: trusted({ $in: [ID, null] }) }, { owner: { $in: [id, null] } }],
    ['patterns', { name: trusted({ $regex: 'a', $options: 'i' }) }, { name: { $regex: 'a', $options: 'i' } }],
    ['a negation', { age: trusted({ $not: trusted({ $gt: '1' }) }) }, { age: { $not: { $gt: 1 } } }],
    ['a size', { tags: trusted({ $size: 2, $all: [1] }) }, { tags: { $size: 2, $all: ['1'] } }],
    [
      'bits',
      { age: trusted({ $bitsAllSet: [0, 2], $mod: [4, 1] }) },
      { age: { $bitsAllSet: [0, 2], $mod: [4, 1] } },
    ],
    [
      'types',
      { age: trusted({ $exists: true, $type: 'number' }) },
      { age: { $exists: true, $type: 'number' } },
    ],
    [
      'elements that match',
      { addresses: trusted({ $elemMatch: { city: 'Ulm', floor: trusted({ $gt: '1' }) } }) },
      { addresses: { $elemMatch: { city: 'Ulm', floor: { $gt: 1 } } } },
    ],
    [
      'places',
      {
        place: trusted({ $near: { $geometry: { type: 'Point', coordinates: ['9', 48] }, $maxDistance: 5 } }),
      },
      { place: { $near: { $geometry: { type: 'Point', coordinates: [9, 48] }, $maxDistance: 5 } } },
    ],
  ])('casts %s', (_name, filter, expected) => {
    expect(compile(filter)).toStrictEqual(expected);
  });

  it.each<[string, unknown, string]>([
    ['no object', [{ name: 'a' }], ': must be an object of fields'],
    ['unknown fields', { nope: 1 }, 'nope: is not a field of this collection'],
    ['unknown paths', { 'stats.nope': 1 }, 'stats.nope: is not a field of this collection'],
    ['unknown fields of parts', { home: { nope: 1 } }, 'home.nope: is not a field of this collection'],
    ['prototype keys', JSON.parse('{"__proto__":{"a":1}}'), '__proto__: is not a field of this collection'],
    [
      'prototype keys in paths',
      { 'free.__proto__.a': 1 },
      'free.__proto__.a: is not a field of this collection',
    ],
    [
      'prototype keys in values',
      { free: JSON.parse('{"__proto__":1}') },
      'free: holds a key that is reserved',
    ],
    [
      'undefined',
      { name: undefined },
      'name: is undefined: leave it out, or use null for a field that is absent',
    ],
    ['undefined below', { free: { a: undefined } }, 'free: holds undefined'],
    ['an empty text for a number', { age: '' }, 'age: must be a Number'],
    ['what is no id', { _id: 'x' }, '_id: must be an ObjectId'],
    [
      'a list for one value',
      { name: ['a'] },
      'name: is a list: use trusted({ $in: list }) for one of several values',
    ],
    ['$where', { $where: '1' }, ': it holds an operator that is not allowed'],
    ['$expr', { $expr: true }, ': it holds an operator that is not allowed'],
    ['$comment', { $comment: 'x' }, ': it holds an operator that is not allowed'],
    ['an empty $or', { $or: [] }, '$or: must be a list of filters'],
    [
      'an unknown operator',
      { name: trusted({ $where: '1' }) },
      'name: holds an operator that is not allowed',
    ],
    ['$options alone', { name: trusted({ $options: 'i' }) }, 'name: has $options without $regex'],
    ['$size of a text', { name: trusted({ $size: 1 }) }, 'name.$size: is for arrays'],
    ['$regex of a number', { age: trusted({ $regex: '1' }) }, 'age.$regex: is for text'],
    [
      '$text without an index',
      { $text: trusted({ $search: 'a' }) },
      '$text: needs a text index in the schema',
    ],
    [
      '$near of a text',
      { name: trusted({ $near: [1, 2] }) },
      'name.$near: is for places: a pair of numbers or GeoJSON',
    ],
    ['a forged id', { owner: { _bsontype: 'ObjectId', id: 'x' } }, 'owner: holds a forged BSON type'],
  ])('refuses %s', (_name, filter, expected) => {
    expect(refusalOf(filter)).toBe(expected);
  });

  it('refuses operators that the code has not marked, also below marked ones', () => {
    const hint = 'holds a key that starts with $: mark operators with trusted() where the code writes them';
    expect(refusalOf({ name: { $ne: null } })).toBe(`name: ${hint}`);
    expect(refusalOf({ name: { $eq: 'a' } })).toBe(`name: ${hint}`);
    expect(refusalOf({ age: trusted({ $not: { $gt: 1 } }) })).toBe(`age.$not: ${hint}`);
    expect(refusalOf({ addresses: trusted({ $elemMatch: { floor: { $gt: 1 } } }) })).toBe(
      `addresses.$elemMatch.floor: ${hint}`,
    );
  });

  it('allows $text where the schema has the index', () => {
    const articles = compileFilter(new Schema({ body: String }).index({ body: 'text' }));
    expect(articles({ $text: trusted({ $search: 'a' }) })).toEqual({ $text: { $search: 'a' } });
    expect(() => articles({ $text: { $search: 'a' } })).toThrow(FilterInvalidError);
    expect(() => articles({ $text: trusted({ $search: trusted({ $gt: '' }) }) })).toThrow(FilterInvalidError);
  });

  it('refuses what is nested without end instead of running out of stack', () => {
    const free = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as object;
    expect(refusalOf({ free })).toBe('free: is nested too deeply');
    const children = JSON.parse(`${'{"children":'.repeat(5_000)}{}${'}'.repeat(5_000)}`) as object;
    expect(refusalOf(children)).toMatch(/is nested too deeply$/);
  });

  it('leaves the filter as it was and keeps values of the driver', () => {
    const filter = { age: trusted({ $gt: '1' }), $and: [{ age: '2' }] };
    compile(filter);
    expect(filter).toEqual({ age: trusted({ $gt: '1' }), $and: [{ age: '2' }] });
    const price = mongo.Decimal128.fromString('1.5');
    expect(compile({ price, bytes: Buffer.from('a') })).toEqual({
      price,
      bytes: new mongo.Binary(Buffer.from('a')),
    });
  });

  it('knows the fields of discriminators', () => {
    const mongoose = new Mongoose();
    const base = new Schema({ at: Date }, { discriminatorKey: 'kind' });
    const event = mongoose.model('Event', base);
    const click = event.discriminator('Click', new Schema({ x: Number }));
    expect(compileFilter(event.schema)({ x: '1' })).toEqual({ x: 1 });
    expect(compileFilter(click.schema)({ x: '1' })).toEqual({ x: 1 });
    expect(compileFilter(event.schema)({ kind: 'Click' })).toEqual({ kind: 'Click' });
  });
});
