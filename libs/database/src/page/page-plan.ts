import { mongo } from 'mongoose';
import type { CursorCodec, PageCursor } from './cursor-codec.ts';
import { keysetFilters, type PageDirection } from './keyset-filter.ts';
import { positionOf, toDriverSort, toSortFields, type PageSort, type SortField } from './page-sort.ts';

const { EJSON } = mongo.BSON;

/** One page of a sorted collection. */
export interface Page<T> {
  items: T[];
  /** Cursor of the following page; `null` at the end. */
  next: string | null;
  /** Cursor of the page before; `null` at the beginning. */
  previous: string | null;
}

export interface PageQuery {
  /** Such as `shop.orders`: a cursor of one collection is no good for another. */
  namespace: string;
  filter?: mongo.Document;
  /** By `_id` alone unless given; `_id` is always the last one. */
  sort?: PageSort;
  /** Documents at most, from 1. */
  limit: number;
  /** As a page before gave it out; the first page without. */
  cursor?: string | undefined;
  codec: CursorCodec;
  /** What cursors are bound to in place of the filter, when that one changes with each call, as by the time of day. */
  boundTo?: unknown;
}

/** What to ask the database for, and what to make of the answer. */
export interface PagePlan {
  /** To be read one after the other, until there are enough. */
  filters: mongo.Document[];
  /** Already reversed for a page before. */
  sort: [string, 1 | -1][];
  /** One more than the page holds, to know whether there is another. */
  limit: number;
  fields: readonly SortField[];
  /** @param found - In the order of {@link sort} */
  toPage<T extends mongo.Document>(found: readonly T[]): Page<T>;
}

/**
 * Plans one page.
 *
 * @throws {@link CursorInvalidError} {@link PageSortError} {@link RangeError}
 */
export function planPage(query: PageQuery): PagePlan {
  const { filter = {}, sort = {}, limit, codec, cursor: text } = query;
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('The limit of a page is at least 1');
  const fields = toSortFields(sort);
  const binding = bindingOf(query, fields);
  // An empty one is a mistake of the client, not the first page.
  const cursor = text === undefined ? undefined : codec.decode(text, binding);
  const isReversed = cursor?.direction === 'previous';
  const at = (document: mongo.Document, direction: PageDirection): string =>
    codec.encode({ direction, position: positionOf(document, fields) }, binding);
  return {
    filters: cursor ? toFilters(cursor, fields).map((behind) => ({ $and: [filter, behind] })) : [filter],
    sort: toDriverSort(fields, isReversed),
    limit: limit + 1,
    fields,
    toPage(found) {
      // Also those in the middle: an array there would stand elsewhere again.
      for (const document of found) positionOf(document, fields);
      const items = found.slice(0, limit);
      if (isReversed) items.reverse();
      const hasMore = found.length > limit;
      const [first, last] = [items[0], items.at(-1)];
      if (first === undefined || last === undefined) {
        const back = cursor && codec.encode(turned(cursor), binding);
        return { items, next: (isReversed && back) || null, previous: (!isReversed && back) || null };
      }
      const hasNext = isReversed || hasMore;
      const hasPrevious = isReversed ? hasMore : cursor !== undefined;
      return {
        items,
        next: hasNext ? at(last, 'next') : null,
        previous: hasPrevious ? at(first, 'previous') : null,
      };
    },
  };
}

/**
 * In one read the server merges the parts of an index that the filters need (`SORT_MERGE`). It takes missing for less than null there,
 * while its indexes and sorts take them for equal: behind a position with one of the two, documents would come in another order and be left
 * out, so that each part is read by itself. Seen with MongoDB 6.0.5.
 */
function toFilters({ position, direction, isInclusive }: PageCursor, fields: SortField[]): mongo.Document[] {
  const filters = keysetFilters(fields, position, direction, isInclusive);
  // That of the last field, `_id`, cannot be missing.
  const hasNull = position.slice(0, -1).includes(null);
  return hasNull || filters.length === 0 ? filters : [{ $or: filters }];
}

/** From a page whose documents have all gone: back to where the client came from, with the document at that place. */
function turned({ direction, position }: PageCursor): PageCursor {
  return { direction: direction === 'next' ? 'previous' : 'next', position, isInclusive: true };
}

function bindingOf({ namespace, filter = {}, boundTo }: PageQuery, fields: SortField[]): string {
  // The order of its parts does not change what a filter means.
  const parts = Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
  return EJSON.stringify([namespace, fields, boundTo === undefined ? parts : { boundTo }], {
    relaxed: false,
  });
}
