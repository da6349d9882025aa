import type { Stored, StoredPage } from '#database';
import type { FastifyReply } from 'fastify';
import { ANSWERS } from '../bound-answers.ts';
import { isTurnDue, turn } from '../event-loop-turn.ts';
import { isFresh, toETag } from './etag.ts';
import { isLong, toList, type List, type ListQuery } from './list-query.ts';
import { LONG_PAGES } from './long-pages.ts';
import { toLinks } from './page-links.ts';

/** For answers that the client may keep, but has to ask about each time. */
const REVALIDATED = 'private, no-cache';

/** What a resource keeps: `version` is moved by each change. */
export interface Versioned {
  version: number;
}

/** A long page is not read without room for an answer of so many bytes: nobody knows how long it will be, and it might be read in vain. */
const LONG_PAGE_BYTES = 1_048_576;

/** What of a document is shown. */
export type ToView<T, V> = (document: Stored<T>) => V;

/** The body for one document as it is now; its version goes into `ETag`. */
export function answerOne<T extends Versioned, V>(
  reply: FastifyReply,
  document: Stored<T>,
  toView: ToView<T, V>,
): V {
  void reply.header('etag', toETag(document.version));
  return toView(document);
}

/** The body for a document that was created by a `POST` to the path of its resource; `Location` says where it is. */
export function answerCreated<T extends Versioned, V extends { id: string }>(
  reply: FastifyReply,
  document: Stored<T>,
  toView: ToView<T, V>,
): V {
  const view = answerOne(reply, document, toView);
  void reply.header('location', `${reply.request.routeOptions.url}/${view.id}`);
  return view;
}

/** Sends one document, or 304 to a client whose `If-None-Match` has it already. */
export function sendOne<T extends Versioned>(
  reply: FastifyReply,
  document: Stored<T>,
  toView: ToView<T, object>,
): void {
  const eTag = toETag(document.version);
  void reply.header('etag', eTag).header('cache-control', REVALIDATED);
  if (isFresh(reply.request.headers['if-none-match'], eTag)) void reply.status(304).send();
  else void reply.send(toView(document));
}

/** A page of a list that is yet to be read. */
interface PageAnswer<T, V> {
  query: ListQuery;
  read: () => Promise<StoredPage<T>>;
  /** What of a document is shown. */
  toView: (document: StoredPage<T>['items'][number]) => V;
}

/**
 * The body for a page of a list; `Link` says where the pages around it are. Long ones are read a few at a time, and of many that are there
 * together some are answered in each round of the event loop, so that probes are answered in between.
 *
 * @throws {@link ProblemException} When too many long ones wait, or answers that are not taken leave no room for one
 */
export async function answerPage<T, V>(
  reply: FastifyReply,
  { query, read, toView }: PageAnswer<T, V>,
): Promise<List<V>> {
  const readViews = async (): Promise<List<V>> => {
    const page = await read();
    if (isTurnDue()) await turn();
    void reply.header('cache-control', REVALIDATED);
    const links = toLinks(reply.request.url, page);
    if (links !== undefined) void reply.header('link', links);
    return toList(page, toView);
  };
  if (!isLong(query)) return readViews();
  return LONG_PAGES.read(goneSignal(reply), async () => {
    ANSWERS.requireRoom(LONG_PAGE_BYTES);
    return readViews();
  });
}

/** Aborted when the client has gone. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
