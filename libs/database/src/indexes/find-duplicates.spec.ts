import fc from 'fast-check';
import type { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { findDuplicates } from './find-duplicates.ts';

describe(findDuplicates.name, () => {
  let database: TestDatabase;
  let db: mongo.Db;
  beforeAll(async () => {
    database = await TestDatabase.start();
    ({ db } = database);
  });
  afterEach(() => database.clear());
  afterAll(() => database.stop());

  const find = async (key: Record<string, unknown>, options: Record<string, unknown> = {}) =>
    findDuplicates(db, 'things', { key, options });
  const store = async (...documents: object[]) => {
    await db.collection('things').insertMany(documents);
  };

  it('counts keys and documents, and names the documents but no value', async () => {
    await store(
      { _id: 1, email: 'secret' },
      { _id: 2, email: 'secret' },
      { _id: 3, email: 'once' },
      { _id: 4 },
      { _id: 5, email: null },
    );
    const found = await find({ email: 1 });
    expect(found).toMatchObject({ keys: 2, documents: 4 });
    expect(new Set(found.sample.map((ids) => new Set(ids)))).toEqual(
      new Set([new Set([1, 2]), new Set([4, 5])]),
    );
    expect(JSON.stringify(found)).not.toContain('secret');
  });

  it('finds none in a collection without any, or without documents', async () => {
    const none = { keys: 0, documents: 0, sample: [] };
    expect(await find({ a: 1 })).toEqual(none);
    await store({ a: 1 }, { a: 2 }, { a: '1' });
    expect(await find({ a: 1 })).toEqual(none);
  });

  it('heeds filter, sparseness and collation', async () => {
    await store({ a: 'x', b: 1 }, { a: 'X', b: 1 }, { c: 1 }, { c: 1 });
    expect(await find({ a: 1 }, { sparse: true })).toMatchObject({ keys: 0 });
    expect(await find({ a: 1 })).toMatchObject({ keys: 1 });
    expect(await find({ a: 1 }, { sparse: true, collation: { locale: 'en', strength: 2 } })).toMatchObject({
      keys: 1,
    });
    expect(await find({ b: 1 }, { partialFilterExpression: { b: { $gt: 1 } } })).toMatchObject({ keys: 0 });
  });

  it('takes no more than five keys and five documents as a sample', async () => {
    await store(...Array.from({ length: 70 }, (_, i) => ({ a: i % 7 })));
    const { keys, documents, sample } = await find({ a: 1 });
    expect([keys, documents, sample.length]).toEqual([7, 70, 5]);
    expect(sample.map((ids) => ids.length)).toEqual([5, 5, 5, 5, 5]);
  });

  it('ends at its time limit', async () => {
    await store(...Array.from({ length: 20_000 }, (_, a) => ({ a })));
    const index = { key: { a: 1 }, options: {} };
    await expect(findDuplicates(db, 'things', index, { maxTimeMs: 1 })).rejects.toMatchObject({
      code: 'DATABASE_TIMEOUT',
    });
  });

  it('agrees with the server on whether a unique index can be built', async () => {
    const value = fc.constantFrom<unknown>(
      1,
      1.5,
      'a',
      null,
      [],
      [1],
      [1, 1],
      ['a', 2],

      { x: 1 },
      { x: [] },
      [{ x: 1 }, {}],
    );
    const document = fc.record({ a: value, b: fc.constantFrom(1, 2) }, { requiredKeys: [] });
    const things = db.collection('things');
    const property = fc.asyncProperty(
      fc.array(document, { minLength: 2, maxLength: 4 }),
      fc.constantFrom<Record<string, 1>>({ a: 1 }, { a: 1, b: 1 }, { 'a.x': 1 }),
      fc.boolean(),
      async (documents, key, sparse) => {
        await things.drop();
        await store(...documents);
        const { keys } = await find(key, { sparse });
        const isRefused = await things.createIndex(key, { unique: true, sparse }).then(
          () => false,
          () => true,
        );
        expect(keys > 0).toBe(isRefused);
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });
});
