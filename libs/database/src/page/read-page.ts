import type { mongo } from 'mongoose';
import { toDatabaseError } from '../errors/to-database-error.ts';
import type { CursorCodec } from './cursor-codec.ts';
import { planPage, type Page } from './page-plan.ts';
import { keepSortFields } from './page-projection.ts';
import type { PageSort } from './page-sort.ts';

/** How far an estimate counts where the metadata of the collection does not tell. */
export const ESTIMATE_LIMIT = 10_000;

export interface ReadPageOptions {
  session?: mongo.ClientSession;
  /** Longest time that the server may work on each of the reads, in milliseconds. */
  maxTimeMS?: number;
  comment?: string;
  collation?: mongo.CollationOptions;
  hint?: mongo.Hint;
  /** Fields to keep or to leave out; the sort fields are always there. */
  projection?: mongo.Document;
  signal?: AbortSignal;
}

export interface ReadPageRequest<T extends mongo.Document> {
  collection: mongo.Collection<T>;
  /** Cast already: it goes to the server as it is. */
  filter?: mongo.Document;
  /** By `_id` alone unless given; `_id` is always the last one. */
  sort?: PageSort;
  /** Documents at most, from 1. */
  limit: number;
  /** As a page before gave it out; the first page without. */
  cursor?: string | undefined;
  codec: CursorCodec;
  /** What cursors are bound to in place of the filter, when that one changes with each call. */
  boundTo?: unknown;
  /**
   * Whether the page tells how many documents match: `exact` reads all of them, `estimated` the metadata of the collection when there
   * is no filter, else at most {@link ESTIMATE_LIMIT}. Not counted unless given.
   */
  count?: 'none' | 'estimated' | 'exact';
  options?: ReadPageOptions;
}

/** A page, with the number of documents when it was asked for. */
export interface CountedPage<T> extends Page<T> {
  total?: number;
}

/**
 * Reads one page by keyset: behind the last document, not after so many. That costs the same on every page, and inserts and deletes
 * between two of them make no document come twice or be left out. Sort by fields with an index and one value each.
 *
 * @throws {@link CursorInvalidError} When the cursor was changed, or filter or sort are not those that it was given out for
 * @throws {@link PageSortError} When a sort field holds an array, or the projection leaves it out
 * @see https://www.mongodb.com/docs/manual/reference/method/cursor.skip/ (why not by skipping)
 */
export async function readPage<T extends mongo.Document>(
  request: ReadPageRequest<T>,
): Promise<CountedPage<mongo.WithId<T>>> {
  const { collection, filter = {}, options = {} } = request;
  const { projection, ...common } = options;
  const namespace = `${collection.namespace} ${JSON.stringify(options.collation ?? null)}`;
  const plan = planPage({ ...request, namespace });
  const kept = keepSortFields(projection, plan.fields);
  const find = async (): Promise<mongo.WithId<T>[]> => {
    const found: mongo.WithId<T>[] = [];
    for (const behind of plan.filters) {
      const limit = plan.limit - found.length;
      if (limit === 0) break;
      const query = { ...common, sort: plan.sort, limit, ...(kept && { projection: kept }) };
      found.push(...(await collection.find(behind as mongo.Filter<T>, query).toArray()));
    }
    return found;
  };
  const count = async (): Promise<number | undefined> => countFor(request, filter as mongo.Filter<T>, common);
  try {
    const [found, total] = await inOrder(find, count, options.session);
    return { ...plan.toPage(found), ...(total !== undefined && { total }) };
  } catch (error) {
    throw toDatabaseError(error);
  }
}

/** At the same time, except in a transaction, which cannot do that. */
async function inOrder<A, B>(
  first: () => Promise<A>,
  second: () => Promise<B>,
  session: mongo.ClientSession | undefined,
): Promise<[A, B]> {
  if (session) return [await first(), await second()];
  return Promise.all([first(), second()]);
}

async function countFor<T extends mongo.Document>(
  { collection, count = 'none' }: ReadPageRequest<T>,
  filter: mongo.Filter<T>,
  options: Omit<ReadPageOptions, 'projection'>,
): Promise<number | undefined> {
  if (count === 'none') return undefined;
  if (count === 'exact') return collection.countDocuments(filter, options);
  if (Object.keys(filter).length > 0 || options.session) {
    return collection.countDocuments(filter, { ...options, limit: ESTIMATE_LIMIT });
  }
  const { collation: _ignored, hint: _unused, ...estimate } = options;
  return collection.estimatedDocumentCount(estimate);
}
