import fc from 'fast-check';
import { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { CursorCodec } from './cursor-codec.ts';
import { toDriverSort, toSortFields, type PageSort } from './page-sort.ts';
import { readPage, type CountedPage } from './read-page.ts';

const { Binary, Code, Decimal128, Double, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } = mongo;
const RUNS = Number(process.env.PAGE_RUNS ?? 150);
const codec = new CursorCodec({ key: 'a key of thirty-two bytes for tests' });

/** Few of each, so that ties are common. */
const numbers = [
  0,
  -0,
  1,
  2.5,
  2 ** 60,
  2 ** 60 + 256,
  Infinity,
  -Infinity,
  NaN,
  Long.fromString('1152921504606846977'),
  Long.fromString('9223372036854775807'),
  Decimal128.fromString('1'),
  Decimal128.fromString('0.1'),
  new Double(0.1),
  Decimal128.fromString('NaN'),
  Decimal128.fromString('-Infinity'),
];
const texts = ['', 'a', 'A', 'b', 'é', '\u{1F600}', '\uFFFD'];
const dates = [new Date(0), new Date(1), new Date(-1), new Date(8.64e15)];
const ids = [new ObjectId('000000000000000000000001'), new ObjectId('ffffffffffffffffffffffff')];
const others = [
  null,
  true,
  false,
  new MinKey(),
  new MaxKey(),
  new Timestamp({ t: 1, i: 1 }),
  new Timestamp({ t: 1, i: 2 }),
  new Binary(Buffer.from('ab')),
  new Binary(Buffer.from('b')),
  new UUID('00000000-0000-4000-8000-000000000000'),
  new Code('a'),
  {},
  { a: 1 },
  { a: 2 ** 60 },
  { a: '1' },
  { a: { b: null } },
];
const MISSING = Symbol('missing');

const value = fc.oneof(
  ...[numbers, texts, dates, ids, others, [MISSING, null]].map((values) =>
    fc.constantFrom<unknown>(...values),
  ),
);
const fields = fc.record({ a: value, b: value, c: value });
const uniqueIds = fc.oneof(
  fc.integer({ min: 0, max: 1_000 }),
  fc.integer({ min: 0, max: 1_000 }).map(String),
  fc.integer({ min: 0, max: 1_000 }).map((n) => new ObjectId(n.toString(16).padStart(24, '0'))),
  fc.integer({ min: 0, max: 1_000 }).map((n) => new Date(n)),
  fc.constantFrom(null, true, false, { a: 1 }, { a: 2 }, new Binary(Buffer.from('x'))),
);

type Found = mongo.WithId<mongo.Document>;

const documents = fc
  .uniqueArray(fc.tuple(uniqueIds, fields), {
    minLength: 0,
    maxLength: 25,
    selector: ([id]) => mongo.BSON.EJSON.stringify([id]),
  })
  .map((entries) => entries.map(([_id, { a, b, c }]) => toDocument(_id, a, b, c)));

const sorts = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'n.c', '_id'), { maxLength: 4 })
  .chain((paths) =>
    fc.tuple(...paths.map((path) => fc.tuple(fc.constant(path), fc.constantFrom<1 | -1>(1, -1)))),
  );

function toDocument(_id: unknown, a: unknown, b: unknown, c: unknown): Found {
  const entries = Object.entries({ a, b }).filter(([, field]) => field !== MISSING);
  // Missing altogether, or something else where the embedded document would be.
  const nested = c === MISSING ? {} : { n: c === 'a' ? 'text' : { c } };
  return { _id, ...Object.fromEntries(entries), ...nested } as unknown as Found;
}

const key = ({ _id }: mongo.Document): string => mongo.BSON.EJSON.stringify([_id]);

describe('pages of any documents in any order', () => {
  let database: TestDatabase;
  let collection: mongo.Collection;
  beforeAll(async () => {
    database = await TestDatabase.start();
    collection = await database.db.createCollection('documents');
    // Some of the sorts are served by an index, where the bounds decide what is found.
    await collection.createIndexes([
      { key: { a: 1, _id: 1 } },
      { key: { b: -1, a: 1, _id: 1 } },
      { key: { 'n.c': 1, b: -1, _id: -1 } },
    ]);
  });
  afterAll(() => database.stop());

  async function fill(found: Found[]): Promise<void> {
    await collection.deleteMany({});
    if (found.length > 0) await collection.insertMany(found);
  }

  const sortedKeys = async (sort: PageSort): Promise<string[]> =>
    (
      await collection
        .find()
        .sort(toDriverSort(toSortFields(sort), false))
        .toArray()
    ).map(key);

  async function read(sort: PageSort, limit: number, cursor?: string): Promise<CountedPage<Found>> {
    return readPage<mongo.Document>({ collection, sort, limit, cursor, codec });
  }

  /** All pages from the first, or from `cursor` on. */
  async function walk(
    sort: PageSort,
    limit: number,
    { cursor, by }: { cursor?: string; by: 'next' | 'previous' },
  ): Promise<CountedPage<Found>[]> {
    const pages: CountedPage<Found>[] = [];
    for (let at: string | null | undefined = cursor; at !== null; at = pages.at(-1)?.[by] ?? null) {
      pages.push(await read(sort, limit, at));
      if (pages.length > 60) throw new Error('The pages have no end');
    }
    return pages;
  }

  it('leave nothing out where a field is null in one document and missing in another', async () => {
    const [first, second] = ids;
    await fill([
      { _id: '0', b: 'b', n: { c: null } },
      { _id: first, n: 'text' },
      { _id: second, b: null },
    ] as unknown as Found[]);
    const sort: PageSort = { 'n.c': -1, b: 1 };
    const found = await walk(sort, 1, { by: 'next' });
    expect(found.flatMap(({ items }) => items.map(key))).toEqual(await sortedKeys(sort));
  });

  it('are the whole list forward, and again backward', async () => {
    await fc.assert(
      fc.asyncProperty(documents, sorts, fc.integer({ min: 1, max: 6 }), async (all, sort, limit) => {
        await fill(all);
        const expected = await sortedKeys(sort);
        const forward = await walk(sort, limit, { by: 'next' });
        expect(forward.flatMap(({ items }) => items.map(key))).toEqual(expected);
        expect(forward.map(({ items }) => items.length)).toEqual(
          Array.from({ length: Math.max(1, Math.ceil(expected.length / limit)) }, (_, index) =>
            Math.min(limit, expected.length - index * limit),
          ),
        );
        expect(forward[0]?.previous).toBeNull();
        const last = forward.at(-1);
        if (!last?.previous) return;
        const backward = await walk(sort, limit, { cursor: last.previous, by: 'previous' });
        const before = backward.toReversed().flatMap(({ items }) => items.map(key));
        expect(before).toEqual(expected.slice(0, expected.length - last.items.length));
        expect(backward.at(-1)?.previous).toBeNull();
        // From there forward again it is the same page.
        const [newest] = backward;
        const again = newest?.next ? await read(sort, limit, newest.next) : undefined;
        expect(again?.items.map(key)).toEqual(last.items.map(key));
      }),
      { numRuns: RUNS },
    );
  });

  it('neither repeat nor leave out what was there, whatever is inserted and deleted between them', async () => {
    const limits = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(documents, documents, sorts, limits, async (all, added, sort, limit) => {
        await fill(all);
        const present = new Set(all.map(key));
        const newcomers = added.filter((document) => !present.has(key(document)));
        const seen: string[] = [];
        let at: string | null | undefined;
        while (at !== null) {
          const page: CountedPage<Found> = await read(sort, limit, at);
          if (seen.length > 100) throw new Error('The pages have no end');
          seen.push(...page.items.map(key));
          at = page.next;
          const newcomer = newcomers.pop();
          if (newcomer) await collection.insertOne(newcomer);
          // What the cursor points at may go.
          const gone = page.items.at(-1);
          if (gone) await collection.deleteOne({ _id: { $eq: gone._id } });
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(all.map(key).filter((one) => !seen.includes(one))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});
