import { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { CursorCodec } from './cursor-codec.ts';
import { planPage } from './page-plan.ts';
import type { PageSort } from './page-sort.ts';
import { readPage, type CountedPage, type ReadPageRequest } from './read-page.ts';

interface Person extends mongo.Document {
  _id: number;
  name?: unknown;
  born?: Date | null;
  city?: string;
}

const codec = new CursorCodec({ key: 'a key of thirty-two bytes for tests' });

describe(readPage.name, () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await TestDatabase.start();
  });
  afterEach(() => database.clear());
  afterAll(() => database.stop());

  const people = () => database.db.collection<Person>('people');

  async function read(request: Partial<ReadPageRequest<Person>> = {}): Promise<CountedPage<Person>> {
    return readPage<Person>({ collection: people(), limit: 2, codec, ...request });
  }

  const idsOf = ({ items }: CountedPage<Person>): number[] => items.map(({ _id }) => _id);

  async function insert(count: number): Promise<void> {
    const cities = ['Bonn', 'Oslo'];
    await people().insertMany(
      Array.from({ length: count }, (_, index) => ({ _id: index + 1, city: cities[index % 2] ?? '' })),
    );
  }

  it('has an end on both sides', async () => {
    await insert(4);
    const first = await read();
    expect([idsOf(first), first.previous]).toEqual([[1, 2], null]);
    const second = await read({ cursor: first.next ?? '' });
    expect([idsOf(second), second.next]).toEqual([[3, 4], null]);
    const back = await read({ cursor: second.previous ?? '' });
    expect([idsOf(back), back.previous]).toEqual([[1, 2], null]);
    expect(idsOf(await read({ cursor: back.next ?? '' }))).toEqual([3, 4]);
  });

  it('is empty without cursors where nothing matches', async () => {
    expect(await read({ count: 'exact' })).toEqual({ items: [], next: null, previous: null, total: 0 });
  });

  it('leads back when the documents of a page have gone', async () => {
    await insert(3);
    const { next } = await read();
    await people().deleteOne({ _id: 3 });
    const gone = await read({ cursor: next ?? '' });
    expect([gone.items, gone.next]).toEqual([[], null]);
    expect(idsOf(await read({ cursor: gone.previous ?? '' }))).toEqual([1, 2]);
  });

  it('leads forward again when those before have gone', async () => {
    await insert(3);
    const { previous } = await read({ cursor: (await read()).next ?? '' });
    await people().deleteMany({ _id: { $lt: 3 } });
    const gone = await read({ cursor: previous ?? '' });
    expect([gone.items, gone.previous]).toEqual([[], null]);
    expect(idsOf(await read({ cursor: gone.next ?? '' }))).toEqual([3]);
  });

  it('stays within its filter, and refuses a cursor for another filter, sort, collection or collation', async () => {
    await insert(8);
    const filter = { city: 'Bonn' };
    const { next } = await read({ filter });
    const cursor = next ?? '';
    expect(idsOf(await read({ filter, cursor }))).toEqual([5, 7]);
    const wrong: Partial<ReadPageRequest<Person>>[] = [
      {},
      { filter: { city: 'Oslo' } },
      { filter, sort: { _id: -1 } },
      { filter, sort: { city: 1 } },
      { filter, collection: database.db.collection<Person>('others') },
      { filter, options: { collation: { locale: 'en' } } },
    ];
    for (const request of wrong) {
      await expect(read({ ...request, cursor })).rejects.toMatchObject({
        code: 'CURSOR_INVALID',
        reason: 'other-query',
      });
    }
    await expect(read({ filter, cursor: '' })).rejects.toMatchObject({ reason: 'not-genuine' });
  });

  it('takes the parts of a filter in any order', async () => {
    await insert(8);
    const { next } = await read({ filter: { city: 'Bonn', _id: { $lt: 6 } } });
    const page = await read({ filter: { _id: { $lt: 6 }, city: 'Bonn' }, cursor: next ?? '' });
    expect(idsOf(page)).toEqual([5]);
  });

  it('can be bound to something else than a filter that changes by itself', async () => {
    await insert(3);
    const later = (days: number) => ({ born: { $not: { $gt: new Date(Date.now() + days) } } });
    const { next } = await read({ filter: later(1), boundTo: 'alive' });
    expect(idsOf(await read({ filter: later(2), boundTo: 'alive', cursor: next ?? '' }))).toEqual([3]);
    await expect(read({ filter: later(2), cursor: next ?? '' })).rejects.toMatchObject({
      reason: 'other-query',
    });
  });

  it('counts when told to', async () => {
    await insert(5);
    const filter = { city: 'Bonn' };
    expect(await read({ filter })).not.toHaveProperty('total');
    expect(await read({ filter, count: 'exact' })).toMatchObject({ total: 3 });
    expect(await read({ filter, count: 'estimated' })).toMatchObject({ total: 3 });
    expect(await read({ count: 'estimated' })).toMatchObject({ total: 5 });
  });

  it('sees the documents of its session alone', async () => {
    await insert(1);
    await people().db.client.withSession((session) =>
      session.withTransaction(async () => {
        await people().insertOne({ _id: 2 }, { session });
        for (const count of ['exact', 'estimated'] as const) {
          expect(await read({ count, options: { session } })).toMatchObject({ total: 2 });
        }
        expect(await read({ count: 'exact' })).toMatchObject({ total: 1 });
      }),
    );
  });

  it('keeps the sort fields whatever the projection', async () => {
    await insert(3);
    const sort = { city: 1 } as const;
    const { next, items } = await read({ sort, options: { projection: { name: 1 } } });
    expect(items[0]).toEqual({ _id: 1, city: 'Bonn' });
    const rest = await read({ sort, cursor: next ?? '', options: { projection: { name: 0 } } });
    expect(idsOf(rest)).toEqual([2]);
    const hiding = [{ city: 0 }, { name: 1, _id: 0 }, { 'city.x': 1 }, { 'city.x': 0 }];
    for (const projection of hiding) {
      await expect(read({ sort, options: { projection } })).rejects.toMatchObject({
        code: 'PAGE_SORT_INVALID',
      });
    }
  });

  it('follows a collation', async () => {
    const names = ['b', 'A', 'ä', 'B', 'a', 'Ä', 'c'];
    await people().insertMany(names.map((name, index) => ({ _id: index, name })));
    const collation = { locale: 'de', strength: 1 };
    const sort = { name: 1 } as const;
    const whole = await people().find({}, { collation }).sort({ name: 1, _id: 1 }).toArray();
    const seen: number[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page: CountedPage<Person> = await read({ sort, cursor, options: { collation } });
      seen.push(...idsOf(page));
      cursor = page.next;
    }
    expect(seen).toEqual(whole.map(({ _id }) => _id));
  });

  it.each<[string, unknown]>([
    ['an array', [1, 2]],
    ['an empty array', []],
  ])('refuses %s in a sort field instead of leaving the document out', async (_kind, name) => {
    await people().insertMany([
      { _id: 1, name: 1 },
      { _id: 2, name: 3 },
      { _id: 3, name },
    ]);
    for (const order of [1, -1] as const) {
      const walk = async (): Promise<void> => {
        for (let cursor: string | null | undefined; cursor !== null;) {
          cursor = (await read({ sort: { name: order }, limit: 1, cursor })).next;
        }
      };
      await expect(walk()).rejects.toMatchObject({ code: 'PAGE_SORT_INVALID', path: 'name' });
    }
  });

  it.each([0, -1, 1.5, NaN])('refuses the limit %p', async (limit) => {
    await expect(read({ limit })).rejects.toThrow(RangeError);
  });

  it('names what the server reports', async () => {
    await expect(read({ filter: { $nope: 1 } })).rejects.toBeInstanceOf(mongo.MongoServerError);
    await insert(1);
    const slow = { $where: 'sleep(200) || true' };
    await expect(read({ filter: slow, options: { maxTimeMS: 50 } })).rejects.toMatchObject({
      code: 'DATABASE_TIMEOUT',
    });
  });

  describe('on a large collection', () => {
    const COUNT = 5_000;
    /** What the server does for each read of the page behind so many documents: the stages of its plan, and how many keys it reads. */
    async function costBehind(count: number, sort: PageSort) {
      const query = { namespace: people().namespace, sort, codec };
      const first = planPage({ ...query, limit: count });
      const found = await people().find().sort(first.sort).limit(first.limit).toArray();
      const cursor = first.toPage(found).next ?? '';
      const { filters, sort: order, limit } = planPage({ ...query, limit: 20, cursor });
      return Promise.all(
        filters.map(async (filter) => {
          const { executionStats, queryPlanner } = await people()
            .find(filter)
            .sort(order)
            .limit(limit)
            .explain(mongo.ExplainVerbosity.executionStats);
          return {
            keys: Number(executionStats.totalKeysExamined),
            plan: JSON.stringify(queryPlanner.winningPlan),
          };
        }),
      );
    }

    const sorts = [
      { born: 1 },
      { born: -1 },
      { born: -1, _id: 1 },
      { city: 1, born: -1 },
      { city: -1, born: 1 },
    ] as const satisfies PageSort[];
    it.each(sorts)('reads a page by index, as many keys as it has documents: %j', async (sort) => {
      const everyFew = Array.from({ length: COUNT }, (_, index) => ({
        _id: index,
        city: `city ${index % 7}`,
        ...(index % 3 > 0 ? { born: new Date(index % 100) } : index % 2 > 0 && { born: null }),
      }));
      await people().insertMany(everyFew);
      await people().createIndexes([
        { key: { born: 1, _id: 1 } },
        { key: { born: -1, _id: 1 } },
        { key: { city: 1, born: -1, _id: -1 } },
      ]);
      // A third has no date: these are the first, or the last, or the last of each city.
      for (const count of [COUNT / 10, COUNT / 2, COUNT * 0.9]) {
        for (const { keys, plan } of await costBehind(count, sort)) {
          expect(plan).not.toContain('"SORT"');
          expect(keys).toBeLessThan(60);
        }
      }
    });
  });
});
