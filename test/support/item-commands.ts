import { DatabaseError, MongoRepository, type ConditionalOptions, type Stored } from '#database';
import fc from 'fast-check';
import { mongo } from 'mongoose';
import {
  byId,
  changes,
  DEFAULTS,
  drafts,
  filters,
  insertableChanges,
  ItemModel,
  slugs,
  type Item,
  type Row,
} from './item-model.ts';

export class ItemRepository extends MongoRepository<Item> {}

type Command = fc.AsyncCommand<ItemModel, ItemRepository>;

/** One call: what the repository answers, and what the model says that it should. Text shows in the report of a failure. */
function command(
  text: string,
  run: (repository: ItemRepository, model: ItemModel) => Promise<void>,
): Command {
  return {
    check: () => true,
    run: async (model, repository) => run(repository, model),
    toString: () => text,
  };
}

/** The answer, or the code of the error; any other error is a difference. */
async function outcomeOf<R>(call: Promise<R>): Promise<R | { code: string }> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DatabaseError) return { code: error.code };
    throw error;
  }
}

const DUPLICATE = { code: 'DUPLICATE_KEY' };
const CONFLICT = { code: 'VERSION_CONFLICT' };
const INVALID = { code: 'FILTER_INVALID' };

/** Compares, with what the model cannot know checked for sense: the times. */
function expectItem(stored: Stored<Item> | null, row: Row | undefined): void {
  if (stored === null || row === undefined) {
    expect([stored, row]).toEqual([null, undefined]);
    return;
  }
  const { updatedAt, ...rest } = stored;
  expect(rest).toEqual(row);
  expect(updatedAt.getTime()).toBeGreaterThanOrEqual(row.createdAt.getTime());
}

function expectItems(stored: readonly Stored<Item>[], rows: readonly Row[]): void {
  expect(stored.map(({ slug }) => slug)).toEqual(rows.map(({ slug }) => slug));
  for (const [index, item] of stored.entries()) expectItem(item, rows[index]);
}

type Version = 'none' | 'right' | 'wrong';
const versions = fc.constantFrom<Version>('none', 'none', 'right', 'wrong');
const picks = fc.integer({ min: -1, max: 5 });

function conditional(version: Version, row: Row | undefined): ConditionalOptions {
  const current = row?.version ?? 0;
  return version === 'none' ? {} : { expectedVersion: version === 'right' ? current : current + 1 };
}

const inserts = drafts.map((draft) =>
  command(`insert ${show(draft)}`, async (repository, model) => {
    const outcome = await outcomeOf(repository.insert(draft));
    if (model.bySlug(draft.slug)) {
      expect(outcome).toEqual(DUPLICATE);
      return;
    }
    const { _id, createdAt } = outcome as Stored<Item>;
    const row: Row = { ...DEFAULTS, ...draft, _id, createdAt, version: 0 };
    expectItem(outcome as Stored<Item>, row);
    model.put(row);
  }),
);

const upserts = fc.tuple(slugs, insertableChanges).map(([slug, { update, isEmpty, change }]) =>
  command(`upsert ${slug} ${show(update)}`, async (repository, model) => {
    const before = model.bySlug(slug);
    const outcome = await outcomeOf(repository.upsert({ slug }, update));
    if (isEmpty) {
      expect(outcome).toEqual(INVALID);
      return;
    }
    const { document, isInserted } = outcome as { document: Stored<Item>; isInserted: boolean };
    expect(isInserted).toBe(before === undefined);
    const { _id, createdAt } = document;
    const row = change(before ?? { ...DEFAULTS, _id, createdAt, slug, version: 0 });
    expectItem(document, row);
    model.put(row);
  }),
);

/** Both updates by id: one tells whether the document was there, the other how it is now. */
const updates = fc
  .tuple(fc.constantFrom('updateById', 'findByIdAndUpdate'), picks, changes, fc.option(slugs), versions)
  .map(([name, pick, { update, isEmpty, change }, slug, version]) =>
    command(`${name} ${pick} ${show({ ...update, slug })} ${version}`, async (repository, model) => {
      const { _id, row } = model.pick(pick);
      const options = conditional(version, row);
      const given = slug === null ? update : { ...update, slug };
      const isRead = name === 'findByIdAndUpdate';
      const outcome = await outcomeOf<Stored<Item> | boolean | null>(
        isRead
          ? repository.findByIdAndUpdate(_id, given, options)
          : repository.updateById(_id, given, options),
      );
      if (isEmpty && slug === null) {
        expect(outcome).toEqual(INVALID);
      } else if (row === undefined) {
        expect(outcome).toBe(isRead ? null : false);
      } else if (version === 'wrong') {
        expect(outcome).toEqual(CONFLICT);
      } else if (slug !== null && (model.bySlug(slug) ?? row) !== row) {
        expect(outcome).toEqual(DUPLICATE);
      } else {
        const changed = change({ ...row, ...(slug !== null && { slug }) });
        if (isRead) expectItem(outcome as Stored<Item>, changed);
        else expect(outcome).toBe(true);
        model.put(changed);
      }
    }),
  );

const replacements = fc.tuple(picks, drafts, versions).map(([pick, draft, version]) =>
  command(`replaceById ${pick} ${show(draft)} ${version}`, async (repository, model) => {
    const { _id, row } = model.pick(pick);
    const outcome = await outcomeOf(repository.replaceById(_id, draft, conditional(version, row)));
    if (row === undefined) {
      expect(outcome).toBeNull();
    } else if (version === 'wrong') {
      expect(outcome).toEqual(CONFLICT);
    } else if ((model.bySlug(draft.slug) ?? row) !== row) {
      expect(outcome).toEqual(DUPLICATE);
    } else {
      const { createdAt } = row;
      const replaced: Row = { ...DEFAULTS, ...draft, _id, createdAt, version: row.version + 1 };
      expectItem(outcome as Stored<Item>, replaced);
      model.put(replaced);
    }
  }),
);

const deletions = fc.tuple(picks, versions).map(([pick, version]) =>
  command(`deleteById ${pick} ${version}`, async (repository, model) => {
    const { _id, row } = model.pick(pick);
    const outcome = await outcomeOf(repository.deleteById(_id, conditional(version, row)));
    if (row !== undefined && version === 'wrong') {
      expect(outcome).toEqual(CONFLICT);
      return;
    }
    expect(outcome).toBe(row !== undefined);
    model.rows.delete(_id.toHexString());
  }),
);

const manyUpdates = fc
  .tuple(filters, changes, fc.boolean())
  .map(([asked, { update, isEmpty, change }, all]) =>
    command(`updateMany ${show(asked.filter)} ${show(update)} ${all}`, async (repository, model) => {
      const outcome = await outcomeOf(repository.updateMany(asked.filter, update, { all }));
      if (isEmpty || (asked.isEverything && !all)) {
        expect(outcome).toEqual(INVALID);
        return;
      }
      const rows = model.matching(asked);
      expect(outcome).toBe(rows.length);
      for (const row of rows) model.put(change(row));
    }),
  );

const manyDeletions = filters.map((asked) =>
  command(`deleteMany ${show(asked.filter)}`, async (repository, model) => {
    const outcome = await outcomeOf(repository.deleteMany(asked.filter));
    if (asked.isEverything) {
      expect(outcome).toEqual(INVALID);
      return;
    }
    const rows = model.matching(asked);
    expect(outcome).toBe(rows.length);
    for (const { _id } of rows) model.rows.delete(_id.toHexString());
  }),
);

const readsById = picks.map((pick) =>
  command(`findById ${pick}`, async (repository, model) => {
    const { _id, row } = model.pick(pick);
    // At the same time, which makes one query of them.
    const found = await Promise.all([_id, _id.toHexString()].map((id) => repository.findById(id)));
    for (const item of found) expectItem(item, row);
    expect(found[0] === null || found[0] !== found[1]).toBe(true);
  }),
);

const orders = fc.constantFrom<1 | -1>(1, -1);

const finds = fc.tuple(filters, orders, fc.integer({ min: 1, max: 4 })).map(([asked, order, limit]) =>
  command(`find ${show(asked.filter)} ${order} ${limit}`, async (repository, model) => {
    const rows = model.matching(asked);
    const sorted = rows.toSorted((a, b) => (a.n - b.n || byId(a, b)) * order);
    const sort: [string, 1 | -1][] = [
      ['n', order],
      ['_id', order],
    ];
    expectItems(await repository.find(asked.filter, { sort, limit }), sorted.slice(0, limit));
    const first = await repository.findOne(asked.filter, { sort });
    expectItem(first, sorted[0]);
  }),
);

const pages = fc.tuple(filters, orders, fc.integer({ min: 1, max: 3 })).map(([asked, order, limit]) =>
  command(`findPage ${show(asked.filter)} ${order} ${limit}`, async (repository, model) => {
    const sorted = model.matching(asked).toSorted((a, b) => (a.n - b.n || byId(a, b)) * order);
    const options = { sort: { n: order }, limit, count: 'exact' } as const;
    const walked: Stored<Item>[] = [];
    let cursor: string | undefined;
    do {
      const page = await repository.findPage(asked.filter, { ...options, cursor });
      expect(page.total).toBe(sorted.length);
      expect(page.previous === null).toBe(walked.length === 0);
      walked.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined && walked.length <= sorted.length);
    expectItems(walked, sorted);
  }),
);

const summaries = filters.map((asked) =>
  command(`count, exists, distinct, stream ${show(asked.filter)}`, async (repository, model) => {
    const rows = model.matching(asked);
    expect(await repository.count(asked.filter)).toBe(rows.length);
    expect(await repository.exists(asked.filter)).toBe(rows.length > 0);
    const found = await repository.distinct('tags', asked.filter);
    const known = new Set(rows.flatMap(({ tags }) => tags));
    expect(found).toHaveLength(known.size);
    expect(new Set(found)).toEqual(known);
    const streamed: Stored<Item>[] = [];
    for await (const item of repository.stream(asked.filter, { sort: { _id: 1 } })) streamed.push(item);
    expectItems(streamed, rows);
  }),
);

const everything = fc.constant(
  command('everything', async (repository, model) => {
    const stored = await repository.find({}, { sort: { _id: 1 } });
    expectItems(stored, [...model.rows.values()].sort(byId));
    expect(await repository.estimatedCount()).toBe(model.rows.size);
  }),
);

function show(value: unknown): string {
  return mongo.BSON.EJSON.stringify(value);
}

/** Sequences of any calls, with more writes than reads, each followed by a look at everything. */
export function itemCommands(maxCommands: number): fc.Arbitrary<Iterable<Command>> {
  const writes = [inserts, upserts, updates, replacements, deletions, manyUpdates, manyDeletions];
  const reads = [readsById, finds, pages, summaries, everything];
  return fc.commands([inserts, inserts, updates, ...writes, ...reads], { maxCommands, size: 'max' });
}
