import fc from 'fast-check';
import { mongo, Schema, trusted } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DatabaseError, FilterInvalidError } from '../errors/database.error.ts';
import { payload } from './filter-attacks.spec.ts';
import { compileFilter } from './filter-compiler.ts';
import { compileUpdate } from './update-compiler.ts';

// FILTER_CASES sets the number of generated payloads, FILTER_SEED the seed that a failure has printed.
const CASES = Number(process.env.FILTER_CASES ?? 300);
const SEED = process.env.FILTER_SEED;

const part = new Schema({ city: String, floor: Number }, { _id: false });
const schema = new Schema({
  name: String,
  age: Number,
  isActive: Boolean,
  since: Date,
  owner: Schema.Types.ObjectId,
  home: part,
  parts: [part],
  tags: [String],
  limits: { type: Map, of: Number },
  free: {},
});

/** Every place of a filter in which a value from outside can stand; the operators around it are the code's. */
const POSITIONS: Record<string, (value: unknown) => object> = {
  name: (name) => ({ name }),
  age: (age) => ({ age }),
  isActive: (isActive) => ({ isActive }),
  since: (since) => ({ since }),
  owner: (owner) => ({ owner }),
  _id: (_id) => ({ _id }),
  home: (home) => ({ home }),
  'home.city': (city) => ({ 'home.city': city }),
  'city within home': (city) => ({ home: { city } }),
  parts: (parts) => ({ parts }),
  'parts.floor': (floor) => ({ 'parts.floor': floor }),
  'parts.0.city': (city) => ({ 'parts.0.city': city }),
  tags: (tags) => ({ tags }),
  limits: (limits) => ({ limits }),
  'limits.day': (day) => ({ 'limits.day': day }),
  free: (free) => ({ free }),
  'free.a': (a) => ({ 'free.a': a }),
  'a within free': (a) => ({ free: { a } }),
  $eq: (value) => ({ name: trusted({ $eq: value }) }),
  '$eq of free': (value) => ({ free: trusted({ $eq: value }) }),
  $in: (value) => ({ name: trusted({ $in: [value] }) }),
  '$in, the list': (value) => ({ name: trusted({ $in: value }) }),
  '$in of free': (value) => ({ free: trusted({ $in: [value] }) }),
  $all: (value) => ({ tags: trusted({ $all: [value] }) }),
  $elemMatch: (city) => ({ parts: trusted({ $elemMatch: { city } }) }),
  '$elemMatch, the filter': (value) => ({ parts: trusted({ $elemMatch: value }) }),
  '$elemMatch of texts': (value) => ({ tags: trusted({ $elemMatch: value }) }),
  $not: (value) => ({ name: trusted({ $not: value }) }),
  $size: (value) => ({ tags: trusted({ $size: value }) }),
  $exists: (value) => ({ name: trusted({ $exists: value }) }),
  $type: (value) => ({ free: trusted({ $type: value }) }),
  $mod: (value) => ({ age: trusted({ $mod: value }) }),
  $bitsAllSet: (value) => ({ age: trusted({ $bitsAllSet: value }) }),
  $regex: (value) => ({ name: trusted({ $regex: value }) }),
  $gt: (value) => ({ age: trusted({ $gt: value }) }),
  $or: (name) => ({ $or: [{ name }] }),
  $and: (value) => ({ $and: [{ free: value }] }),
  '$or, the list': (value) => ({ name: 'nobody', $or: value }),
  $text: (value) => ({ $text: value }),
  $where: (value) => ({ $where: value }),
};

/** Every place of an update, with what the update is to hold when it is not refused. */
const UPDATE_POSITIONS: Record<string, (value: unknown) => object> = {
  name: (name) => ({ name }),
  $set: (name) => ({ $set: { name } }),
  'home.city': (city) => ({ 'home.city': city }),
  home: (home) => ({ home }),
  parts: (parts) => ({ parts: [parts] }),
  free: (free) => ({ free }),
  'free.a': (a) => ({ 'free.a': a }),
  limits: (limits) => ({ limits }),
  $inc: (age) => ({ $inc: { age } }),
  $min: (since) => ({ $min: { since } }),
  $push: (tags) => ({ $push: { tags } }),
  '$push of parts': (parts) => ({ $push: { parts } }),
  $each: (value) => ({ $push: { tags: trusted({ $each: [value] }) } }),
  '$each, the list': (value) => ({ $addToSet: { tags: trusted({ $each: value }) } }),
  $slice: (value) => ({ $push: { tags: trusted({ $each: ['a'], $slice: value }) } }),
  $sort: (value) => ({ $push: { parts: trusted({ $each: [], $sort: value }) } }),
  $addToSet: (tags) => ({ $addToSet: { tags } }),
  $pull: (tags) => ({ $pull: { tags } }),
  '$pull of parts': (parts) => ({ $pull: { parts } }),
  'city within $pull': (city) => ({ $pull: { parts: { city } } }),
  $pullAll: (tags) => ({ $pullAll: { tags } }),
  $pop: (tags) => ({ $pop: { tags } }),
  $currentDate: (since) => ({ $currentDate: { since } }),
};

describe('a value from outside', () => {
  let database: TestDatabase;
  let collection: mongo.Collection;
  const compile = compileFilter(schema);
  beforeAll(async () => {
    database = await TestDatabase.start();
    collection = database.db.collection('people');
    await collection.insertMany([
      {
        name: 'Ada',
        age: 36,
        isActive: true,
        tags: ['a'],
        free: { a: 1 },
        home: { city: 'Ulm' },
        parts: [{ city: 'Ulm' }],
      },
      {
        name: 'Bob',
        age: 5,
        isActive: false,
        tags: ['a', 'b'],
        free: 'x',
        limits: { day: 1 },
        parts: [{ floor: 1 }],
      },
      { owner: new mongo.ObjectId(), since: new Date(), tags: [], free: [1, 2] },
      {},
    ]);
  });
  afterAll(() => database.stop());

  it.each(Object.keys(POSITIONS))('is never an operator in the place of %s', async (position) => {
    const place = POSITIONS[position] ?? (() => ({}));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(payload, async (value) => {
        let filter: mongo.Document;
        try {
          filter = compile(place(value));
        } catch (error) {
          // Any other error would be a mistake, such as a stack that ran out.
          expect(error).toBeInstanceOf(FilterInvalidError);
          refused++;
          return;
        }
        expect(operatorsOf(filter)).toEqual(operatorsOf(place(null)));
        // No stored value equals any payload.
        expect(await collection.countDocuments(filter)).toBe(0);
      }),
      { numRuns: CASES, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    expect(refused).toBeGreaterThan(CASES / 2);
  });

  it.each(Object.keys(UPDATE_POSITIONS))(
    'is never an operator of an update in the place of %s',
    (position) => {
      const place = UPDATE_POSITIONS[position] ?? (() => ({}));
      const compileChange = compileUpdate(schema);
      fc.assert(
        fc.property(payload, (value) => {
          let update: mongo.Document;
          try {
            update = compileChange(place(value), { at: new Date() });
          } catch (error) {
            expect(error).toBeInstanceOf(DatabaseError);
            return;
          }
          const allowed = new Set([...operatorsOf(place(null)), '$set', '$inc', '$each']);
          expect(operatorsOf(update).filter((name) => !allowed.has(name))).toEqual([]);
          expect(Object.values(update).flatMap((fields) => Object.keys(fields as object))).not.toContain('');
        }),
        { numRuns: CASES, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
      );
    },
  );

  it('matches what is equal to it, and nothing else', async () => {
    const plain = fc.oneof(
      fc.constantFrom<unknown>({ a: 1 }, 'x', [1, 2], { city: 'Ulm' }, 1, 'Ada', '', 0, '36', [], {}),
      fc.jsonValue({ maxDepth: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(plain, async (value) => {
        let filter: mongo.Document;
        try {
          filter = compile({ free: value });
        } catch {
          return;
        }
        if (value === null) return;
        const literal = { $literal: value };
        const isEqual = { $eq: ['$free', literal] };
        const holds = {
          $and: [{ $isArray: '$free' }, { $in: [literal, { $cond: [{ $isArray: '$free' }, '$free', []] }] }],
        };
        const expected = await collection.countDocuments({ $expr: { $or: [isEqual, holds] } });
        expect(await collection.countDocuments(filter)).toBe(expected);
      }),
      { numRuns: CASES, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
  });
});

/** The operators of a filter, without those of BSON types. */
function operatorsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => operatorsOf(item));
  if (typeof value !== 'object' || value === null || value instanceof mongo.BSON.BSONValue) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(key.startsWith('$') ? [key] : []),
    ...operatorsOf(inner),
  ]);
}
