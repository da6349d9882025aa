import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { EXPORTS, type StreamPlace } from './stream-places.ts';

/** Text that is sent in one go, in characters. */
const CHUNK_CHARACTERS = 65_536;
/** For the query behind an export: the server works on it for up to ten minutes. */
export const EXPORT_OPTIONS = { maxTimeMs: 600_000 };
/**
 * How long the client may take nothing, in milliseconds: a cursor of the database is kept open for it. Linux tells that something was taken
 * when a third of its send buffer is free, which a slow client may not reach in time; to wait by the size of the buffer would let one that
 * takes nothing keep its place for as long.
 */
const STALL_MS = 60_000;

/**
 * Answers with one line of JSON for each document, at the pace of the client. When the client leaves, the documents are closed; when
 * they fail in the middle, or a client that is slow has its place needed by another, the connection is cut, so that nobody takes the part
 * for the whole.
 *
 * @param toView - What of a document is shown
 * @throws {ProblemException} `TOO_MANY_EXPORTS`, before anything is read
 * @throws What the documents throw before the first one: there is still time for a proper answer
 */
export async function sendLines<T>(
  reply: FastifyReply,
  documents: AsyncGenerator<T, void, undefined>,
  toView: (document: T) => object,
): Promise<void> {
  void reply.type('application/x-ndjson; charset=utf-8').header('cache-control', 'no-store');
  if (reply.request.method === 'HEAD') {
    await documents.return();
    await reply.send('');
    return;
  }
  const pace = new Pace(EXPORTS.take(), reply.request.raw.socket);
  try {
    // The connection is silent while the database looks for documents that are far apart.
    reply.raw.setTimeout(EXPORT_OPTIONS.maxTimeMs);
    const first = await documents.next();
    const chunks = first.done ? [] : toChunks({ first: first.value, documents, toView, pace });
    await sendAll(reply, Readable.from(chunks, { objectMode: false }));
  } finally {
    pace.end();
    await documents.return();
  }
}

/** Cuts the connection of a client that takes nothing for too long, or whose place is given to somebody else. */
class Pace {
  readonly #place: StreamPlace;
  /** Not the answer: that has no connection yet while it waits for an earlier one of the same client. */
  readonly #socket: Socket;
  #timer: NodeJS.Timeout | undefined;

  constructor(place: StreamPlace, socket: Socket) {
    this.#place = place;
    this.#socket = socket;
    place.signal.addEventListener('abort', () => this.#cut());
  }

  /** The client is waited for from now on. */
  wait(): void {
    this.#timer = setTimeout(() => this.#cut(), STALL_MS);
    this.#place.wait();
  }

  /** The client has taken a chunk. */
  proceed(chunk: string): void {
    clearTimeout(this.#timer);
    this.#place.proceed(chunk.length);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#place.release();
  }

  #cut(): void {
    this.#socket.destroy();
  }
}

/** Resolves when nobody reads the stream any more, whether the client has all of it or has gone. */
async function sendAll(reply: FastifyReply, stream: Readable): Promise<void> {
  const isOver = new Promise<void>((done) => stream.once('close', done));
  void reply.send(stream);
  await isOver;
}

interface Lines<T> {
  first: T;
  documents: AsyncGenerator<T, void, undefined>;
  toView: (document: T) => object;
  pace: Pace;
}

async function* toChunks<T>({ first, documents, toView, pace }: Lines<T>): AsyncGenerator<string> {
  let chunk = toLine(toView(first));
  for await (const document of documents) {
    chunk += toLine(toView(document));
    if (chunk.length < CHUNK_CHARACTERS) continue;
    // All of a batch is there already: other requests have their turn in between.
    await setImmediate();
    pace.wait();
    yield chunk;
    pace.proceed(chunk);
    chunk = '';
  }
  // Until all of it is taken, also what is read ahead.
  pace.wait();
  if (chunk !== '') yield chunk;
}

function toLine(view: object): string {
  return `${JSON.stringify(view)}\n`;
}
