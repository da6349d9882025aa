import { type mongo, Schema, trusted } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DocumentInvalidError, FilterInvalidError } from '../errors/database.error.ts';
import { compileArrayFilters } from './update-array-filters.ts';
import { compileUpdate } from './update-compiler.ts';

const part = new Schema(
  { city: { type: String, required: true }, floor: { type: Number, default: 0 } },
  { timestamps: true },
);
const stay = new Schema({ since: { type: Date, immutable: true }, note: String }, { _id: false });
const schema = new Schema(
  {
    email: { type: String, required: true, lowercase: true, match: /@/ },
    code: { type: String, immutable: true },
    visits: { type: Number, default: 0, min: 0 },
    status: { type: String, enum: ['new', 'old'], default: 'new' },
    seen: Date,
    tags: [String],
    home: part,
    parts: [part],
    stay,
    stays: [stay],
    stats: { opened: { type: Number, required: true, default: 1 }, note: String },
    free: {},
  },
  { timestamps: true },
);
const AT = new Date('2031-05-06T07:08:09.010Z');
const CREATED = new Date('2020-01-01');

describe(compileUpdate.name, () => {
  const compile = compileUpdate(schema);
  const refusalOf = (update: unknown, options = {}) => {
    try {
      compile(update as object, { at: AT, ...options });
    } catch (error) {
      if (error instanceof FilterInvalidError)
        return `${error.problems[0]?.path}: ${error.problems[0]?.message}`;
      if (error instanceof DocumentInvalidError)
        return error.problems.map(({ path, message }) => `${path} ${message}`);
      throw error;
    }
    return undefined;
  };
  const kept = { $inc: { __v: 1 }, $set: { updatedAt: AT } };

  it.each<[string, object, object]>([
    ['a plain field', { email: 'A@B.org' }, { $inc: { __v: 1 }, $set: { email: 'a@b.org', updatedAt: AT } }],
    [
      'both forms',
      { visits: '2', $set: { free: 1 } },
      { ...kept, $set: { visits: 2, free: 1, updatedAt: AT } },
    ],
    ['counts', { $inc: { visits: '2' } }, { ...kept, $inc: { visits: 2, __v: 1 } }],
    ['removal', { $unset: { seen: true } }, { ...kept, $unset: { seen: '' } }],
    ['the current date', { $currentDate: { seen: true } }, { ...kept, $currentDate: { seen: true } }],
    [
      'the time of a part',
      { 'home.floor': 1 },
      { ...kept, $set: { 'home.floor': 1, 'home.updatedAt': AT, updatedAt: AT } },
    ],
    [
      'a position',
      { 'parts.$[one].floor': '3' },
      { ...kept, $set: { 'parts.$[one].floor': 3, 'parts.$[one].updatedAt': AT, updatedAt: AT } },
    ],
    [
      'modifiers',
      { $push: { tags: trusted({ $each: [1], $slice: -5, $sort: 1, $position: 0 }) } },
      { ...kept, $push: { tags: { $each: ['1'], $slice: -5, $sort: 1, $position: 0 } } },
    ],
    [
      'operators on elements',
      { $pull: { tags: trusted({ $in: [1] }) } },
      { ...kept, $pull: { tags: { $in: ['1'] } } },
    ],
    [
      'nothing for undefined',
      { visits: 1, email: undefined },
      { ...kept, $set: { visits: 1, updatedAt: AT } },
    ],
  ])('casts %s', (_name, update, expected) => {
    const before = JSON.stringify(update);
    expect(compile(update, { at: AT })).toEqual(expected);
    expect(JSON.stringify(update)).toBe(before);
  });

  it.each<[string, unknown, string | string[]]>([
    ['a pipeline', [{ $set: { visits: 1 } }], ': a pipeline is not an update here'],
    ['nothing', {}, ': there is nothing to change'],
    ['undefined alone', { $set: { visits: undefined } }, ': there is nothing to change'],
    ['unknown fields', { nope: 1 }, 'nope: is not a field of this collection'],
    [
      'unknown fields of parts',
      { $push: { parts: { city: 'a', nope: 1 } } },
      'parts.0.nope: is not a field of this collection',
    ],
    ['unknown operators', { $bit: { visits: { and: 1 } } }, ': it holds an operator that is not allowed'],
    ['$rename', { $rename: { code: 'email' } }, ': it holds an operator that is not allowed'],
    ['prototype keys', JSON.parse('{"__proto__":{"a":1}}'), '__proto__: is not a field of this collection'],
    [
      'prototype keys in paths',
      { 'free.__proto__.a': 1 },
      'free.__proto__.a: is not a field of this collection',
    ],
    ['an array without a position', { 'parts.floor': 1 }, 'parts.floor: is not a field of this collection'],
    ['the same twice', { visits: 1, $inc: { visits: 1 } }, 'visits: is changed twice'],
    [
      'a field and a part of it',
      { stats: { opened: 1 }, 'stats.note': 'a' },
      'stats: is changed together with a part of it',
    ],
    ['_id', { _id: 1 }, '_id: cannot be changed'],
    ['immutable fields', { code: 'a' }, 'code: cannot be changed'],
    ['immutable fields, removed', { $unset: { code: 1 } }, 'code: cannot be changed'],
    ['immutable fields of parts', { 'stay.since': AT }, 'stay.since: cannot be changed'],
    ['immutable fields by the whole part', { stay: { note: 'a' } }, 'stay.since: cannot be changed'],
    ['immutable fields by position', { 'stays.$[].since': AT }, 'stays.$[].since: cannot be changed'],
    ['immutable fields by the element', { 'stays.0': { note: 'a' } }, 'stays.0.since: cannot be changed'],
    [
      'immutable fields by $setOnInsert without upsert',
      { $setOnInsert: { code: 'a' } },
      'code: cannot be changed',
    ],
    ['createdAt', { $min: { createdAt: AT } }, 'createdAt: is kept by the repository'],
    ['createdAt of parts', { 'parts.0.createdAt': AT }, 'parts.0.createdAt: is kept by the repository'],
    ['the version', { $inc: { __v: 1 } }, '__v: is kept by the repository'],
    ['a required field, removed', { $unset: { email: 1 } }, ['email is required']],
    ['a required field, null', { email: null }, ['email is required']],
    ['a required field, removed with its parent', { $unset: { stats: 1 } }, ['stats.opened is required']],
    [
      'what validators refuse',
      { email: 'x', visits: -1, status: 'z' },
      ['email has the wrong form', 'visits must be at least 0', 'status must be one of new, old'],
    ],
    [
      'what cannot be cast',
      { visits: 'x', $push: { parts: {} } },
      ['visits must be a Number', 'parts.0.city is required'],
    ],
    ['what is no number', { $inc: { visits: null } }, ['visits must be a number']],
    ['operators as values', { free: { a: { $inc: 1 } } }, ['free holds a key that starts with $']],
    ['undefined in lists', { tags: ['a', undefined] }, ['tags.1 holds undefined']],
    ['a $pull of everything', { $pull: { parts: {} } }, 'parts: must name a condition'],
  ])('refuses %s', (_name, update, expected) => {
    expect(refusalOf(update)).toEqual(expected);
  });

  it('refuses modifiers and operators below a field that the code has not marked', () => {
    const hint = 'holds a key that starts with $: mark operators with trusted() where the code writes them';
    expect(refusalOf({ $push: { tags: { $each: [], $slice: 0 } } })).toBe(`tags: ${hint}`);
    expect(refusalOf({ $addToSet: { tags: { $each: ['a'] } } })).toBe(`tags: ${hint}`);
    expect(refusalOf({ $pull: { tags: { $exists: true } } })).toBe(`tags: ${hint}`);
    expect(refusalOf({ $pull: { parts: { city: { $ne: null } } } })).toBe(`parts.city: ${hint}`);
    expect(refusalOf({ $currentDate: { seen: { $type: 'date' } } })).toBe(`seen: ${hint}`);
    expect(refusalOf({ email: { $ne: null } })).toEqual(['email must be a string']);
  });

  it('does not take a promise for an answer', () => {
    const asynchronous = new Schema({
      name: { type: String, validate: async () => Promise.reject(new Error('no')) },
    });
    expect(() => compileUpdate(asynchronous)({ name: 'a' }, { at: AT })).toThrow(TypeError);
  });

  describe('on a server', () => {
    let database: TestDatabase;
    let collection: mongo.Collection;
    beforeAll(async () => {
      database = await TestDatabase.start();
      collection = database.db.collection('contacts');
    });
    afterEach(() => database.clear());
    afterAll(() => database.stop());

    it('changes what it names, the time and the version, and leaves the rest', async () => {
      const first = { email: 'a@b', visits: 1, tags: ['a'], createdAt: CREATED, updatedAt: CREATED, __v: 3 };
      await collection.insertOne({ ...first });
      await collection.updateOne({}, compile({ visits: '5', $push: { tags: ['b', 'c'] } }, { at: AT }));
      const { _id, ...stored } = (await collection.findOne()) ?? {};
      expect(stored).toEqual({ ...first, visits: 5, tags: ['a', 'b', 'c'], updatedAt: AT, __v: 4 });
    });

    it('inserts a whole document by upsert, and keeps the defaults off one that exists', async () => {
      const update = compile(
        { visits: 2, 'home.city': 'Ulm', $setOnInsert: { code: 'x' } },
        { at: AT, isUpsert: true, filter: { email: 'a@b' } },
      );
      await collection.updateOne({ email: 'a@b' }, update, { upsert: true });
      const { _id, ...stored } = (await collection.findOne()) ?? {};
      const home = { city: 'Ulm', floor: 0, _id: expect.anything() as unknown, createdAt: AT, updatedAt: AT };
      const defaults = { status: 'new', tags: [], parts: [], stays: [], stats: { opened: 1 } };
      const times = { createdAt: AT, updatedAt: AT, __v: 1 };
      expect(stored).toEqual({ email: 'a@b', code: 'x', visits: 2, home, ...defaults, ...times });
      await collection.updateOne({}, { $set: { status: 'old' } });
      await collection.updateOne({ email: 'a@b' }, update, { upsert: true });
      expect(await collection.findOne()).toMatchObject({ _id, status: 'old', __v: 2 });
    });

    it('refuses an upsert that could insert a document without a required field', () => {
      expect(refusalOf({ visits: 1 }, { isUpsert: true })).toEqual(['email is required']);
      expect(refusalOf({ visits: 1 }, { isUpsert: true, filter: { email: 'x' } })).toEqual([
        'email has the wrong form',
      ]);
      const byElement = { isUpsert: true, filter: { email: 'a@b', tags: 'a' } };
      expect(refusalOf({ visits: 1 }, byElement)).toBe('tags: does not tell what an upsert would insert');
      expect(refusalOf({ code: 'a', email: 'a@b' }, { isUpsert: true })).toBe('code: cannot be changed');
    });

    it('changes the elements that the array filters name', async () => {
      const floors = () => ['a', 'b', 'c'].map((city, floor) => ({ city, floor }));
      await collection.insertOne({ email: 'a@b', parts: floors() });
      const change = { 'parts.$[high].city': 'top' };
      const arrayFilters = compileArrayFilters(schema)(change, [{ 'high.floor': trusted({ $gte: '1' }) }]);
      expect(arrayFilters).toEqual([{ 'high.floor': { $gte: 1 } }]);
      await collection.updateOne({}, compile(change, { at: AT }), { arrayFilters });
      const stored = await collection.findOne<{ parts: { city: string }[] }>({});
      expect(stored?.parts.map(({ city }) => city)).toEqual(['a', 'top', 'top']);
    });
  });
});

describe(compileArrayFilters.name, () => {
  const compile = compileArrayFilters(schema);
  const update = { 'parts.$[one].city': 'a', $inc: { 'parts.$[one].floor': 1 } };

  const nested = (levels: number) => {
    let filter: object = { 'one.city': 'a' };
    for (let level = 0; level < levels; level += 1) filter = { $and: [filter] };
    return filter;
  };

  it.each<[string, unknown, string]>([
    ['a name that is not used', [{ 'two.city': 'a' }], 'two.city'],
    ['a name without a filter', [], '$[one]'],
    ['an unknown field', [{ 'one.nope': 1 }], 'one.nope'],
    ['an operator that is not marked', [{ 'one.city': { $ne: null } }], 'one.city'],
    ['an empty list', [{ $or: [] }], '$or'],
    ['what is nested too deeply', [nested(10_000)], ''],
    ['what is no list', { 'one.city': 'a' }, ''],
    ['what is no object', [null], ''],
  ])('refuses %s', (_name, arrayFilters, path) => {
    expect(() => compile(update, arrayFilters as object[])).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ path })] }),
    );
  });

  it('casts elements, fields and logic', () => {
    expect(compile(update, [nested(50)])).toEqual([nested(50)]);
    expect(compile({ 'tags.$[tag]': 'x' }, [{ tag: 5 }])).toEqual([{ tag: '5' }]);
    expect(compile({ 'tags.$[tag]': 'x' }, [{ tag: trusted({ $in: [5] }) }])).toEqual([
      { tag: { $in: ['5'] } },
    ]);
    expect(compile(update, [{ $or: [{ 'one.floor': '1' }, { 'one.city': 2 }] }])).toEqual([
      { $or: [{ 'one.floor': 1 }, { 'one.city': '2' }] },
    ]);
  });
});
