import type { Filter, Update } from '#database';
import fc from 'fast-check';
import { mongo, trusted } from 'mongoose';

/** What the sequences of calls store: small ranges of values, so that they meet. */
export interface Item {
  slug: string;
  group: string;
  n: number;
  tags: string[];
  note?: string;
  createdAt: Date;
  updatedAt: Date;
  version: number;
}

/** An item as the model knows it; the repository alone tells the times. */
export type Row = { _id: mongo.ObjectId; createdAt: Date } & Omit<Item, 'createdAt' | 'updatedAt'>;

/** What a repository should hold. */
export class ItemModel {
  readonly rows = new Map<string, Row>();

  /** @returns The same row for the same number while none comes or goes; an id that nobody has for a negative one */
  pick(index: number): { _id: mongo.ObjectId; row: Row | undefined } {
    const rows = [...this.rows.values()];
    const row = index < 0 ? undefined : rows[index % Math.max(1, rows.length)];
    return { _id: row?._id ?? new mongo.ObjectId(), row };
  }

  bySlug(slug: string): Row | undefined {
    return [...this.rows.values()].find((row) => row.slug === slug);
  }

  /** Rows that the filter takes, in the order of their ids. */
  matching({ takes }: ItemFilter): Row[] {
    return [...this.rows.values()].filter(takes).sort(byId);
  }

  put(row: Row): void {
    this.rows.set(row._id.toHexString(), row);
  }
}

export function byId(a: Row, b: Row): number {
  return a._id.toHexString() < b._id.toHexString() ? -1 : 1;
}

/** A filter as the repository takes it, and what it means. */
export interface ItemFilter {
  filter: Filter<Item>;
  takes: (row: Row) => boolean;
  isEverything?: boolean;
}

const SLUGS = ['one', 'two', 'three', 'four', 'five'];
const GROUPS = ['a', 'b', 'c'];
const TAGS = ['x', 'y', 'z'];
export const slugs = fc.constantFrom(...SLUGS);
export const groups = fc.constantFrom(...GROUPS);
export const tags = fc.constantFrom(...TAGS);
export const numbers = fc.integer({ min: -3, max: 3 });

const simpleFilters: fc.Arbitrary<ItemFilter> = fc.oneof(
  groups.map((group) => ({ filter: { group }, takes: (row: Row) => row.group === group })),
  numbers.map((n) => ({ filter: { n: trusted({ $gte: n }) }, takes: (row: Row) => row.n >= n })),
  tags.map((tag) => ({
    filter: { tags: tag } as Filter<Item>,
    takes: (row: Row) => row.tags.includes(tag),
  })),
  fc.subarray(SLUGS).map((some) => ({
    filter: { slug: trusted({ $in: some }) },
    takes: (row: Row) => some.includes(row.slug),
  })),
  fc.constant({
    filter: { note: null },
    takes: (row: Row) => row.note === undefined,
  }),
);

export const filters: fc.Arbitrary<ItemFilter> = fc.oneof(
  fc.constant({ filter: {}, takes: () => true, isEverything: true }),
  simpleFilters,
  simpleFilters,
  fc.tuple(simpleFilters, simpleFilters).map(([one, other]) => ({
    filter: { $or: [one.filter, other.filter] } as Filter<Item>,
    takes: (row: Row) => one.takes(row) || other.takes(row),
  })),
  fc.tuple(simpleFilters, simpleFilters).map(([one, other]) => ({
    filter: { $and: [one.filter, other.filter] } as Filter<Item>,
    takes: (row: Row) => one.takes(row) && other.takes(row),
  })),
);

/** One part of an update as the repository takes it, and what it does to a row. */
interface Change {
  update: Update<Item>;
  apply: (row: Row) => void;
}

const set = <K extends 'group' | 'n' | 'note' | 'tags'>(key: K, value: Row[K]): Change => ({
  update: { [key]: value },
  apply: (row) => void (row[key] = value),
});
/** These also have a meaning where the document is not there yet. */
const numberChanges = fc.oneof(
  numbers.map((n) => set('n', n)),
  numbers.map((n) => ({ update: { $inc: { n } }, apply: (row: Row) => void (row.n += n) })),
);
const otherNumberChanges = fc.oneof(
  numbers.map((n) => ({ update: { $mul: { n } }, apply: (row: Row) => void (row.n = row.n * n || 0) })),
  numbers.map((n) => ({ update: { $min: { n } }, apply: (row: Row) => void (row.n = Math.min(row.n, n)) })),
  numbers.map((n) => ({ update: { $max: { n } }, apply: (row: Row) => void (row.n = Math.max(row.n, n)) })),
);
const tagChanges: fc.Arbitrary<Change> = fc.oneof(
  fc.array(tags, { maxLength: 3 }).map((some) => set('tags', some)),
  tags.map((tag) => ({
    update: { $push: { tags: tag } },
    apply: (row: Row) => void (row.tags = [...row.tags, tag]),
  })),
  tags.map((tag) => ({
    update: { $addToSet: { tags: tag } },
    apply: (row: Row) => void (row.tags = row.tags.includes(tag) ? row.tags : [...row.tags, tag]),
  })),
);
const otherTagChanges: fc.Arbitrary<Change> = fc.oneof(
  fc.array(tags, { maxLength: 3 }).map((some) => ({
    update: { $push: { tags: trusted({ $each: some }) } } as Update<Item>,
    apply: (row: Row) => void (row.tags = [...row.tags, ...some]),
  })),
  tags.map((tag) => ({
    update: { $pull: { tags: tag } },
    apply: (row: Row) => void (row.tags = row.tags.filter((one) => one !== tag)),
  })),
  fc.constant<Change>({
    update: { $pop: { tags: -1 } },
    apply: (row: Row) => void (row.tags = row.tags.slice(1)),
  }),
);
const noteChanges: fc.Arbitrary<Change> = fc.oneof(
  tags.map((text) => set('note', text)),
  fc.constant<Change>({ update: { $unset: { note: true } }, apply: (row: Row) => void delete row.note }),
);
const groupChanges = groups.map((group) => set('group', group));

const join = (parts: readonly (Change | null)[]): ItemChange => {
  const present = parts.filter((part) => part !== null);
  const update: Record<string, unknown> = {};
  for (const part of present)
    for (const [key, value] of Object.entries(part.update))
      update[key] = key.startsWith('$')
        ? { ...(update[key] as object), ...(value as object) }
        : (value as unknown);
  return {
    update,
    isEmpty: present.length === 0,
    change: (row) => {
      const changed = { ...row, version: row.version + 1 };
      for (const { apply } of present) apply(changed);
      return changed;
    },
  };
};

/** An update, and what it makes of a row, which it leaves as it is. */
export interface ItemChange {
  update: Update<Item>;
  isEmpty: boolean;
  change: (row: Row) => Row;
}

export const changes: fc.Arbitrary<ItemChange> = fc
  .tuple(
    fc.option(fc.oneof(numberChanges, otherNumberChanges)),
    fc.option(fc.oneof(tagChanges, otherTagChanges)),
    fc.option(noteChanges),
    fc.option(groupChanges),
  )
  .map(join);
/** For upserts. */
export const insertableChanges: fc.Arbitrary<ItemChange> = fc
  .tuple(fc.option(numberChanges), fc.option(tagChanges), fc.option(noteChanges), fc.option(groupChanges))
  .map(join);

/** An item as a caller gives it. */
export const drafts = fc
  .record(
    { slug: slugs, group: groups, n: numbers, tags: fc.array(tags, { maxLength: 3 }), note: tags },
    { requiredKeys: ['slug'] },
  )
  .map((draft) => ({ ...draft }));
export const DEFAULTS = { group: 'a', n: 0, tags: [] as string[] };
