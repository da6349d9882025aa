import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Text that is sent in one go, in characters. */
const CHUNK_CHARACTERS = 65_536;
/** For the query behind an export: the server works on it for up to ten minutes. */
export const EXPORT_OPTIONS = { maxTimeMs: 600_000 };
/** How long the client may take nothing, in milliseconds: a cursor of the database is kept open for it. */
const STALL_MS = 60_000;

/**
 * Answers with one line of JSON for each document, at the pace of the client. When the client leaves, the documents are closed; when
 * they fail in the middle, the connection is cut, so that nobody takes the part for the whole.
 *
 * @param toView - What of a document is shown
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
  // The connection is silent while the database looks for documents that are far apart.
  reply.raw.setTimeout(EXPORT_OPTIONS.maxTimeMs);
  const first = await documents.next();
  const stop = () => void reply.raw.destroy();
  const chunks = first.done ? [] : toChunks({ first: first.value, documents, toView, stop });
  await reply.send(Readable.from(chunks, { objectMode: false }));
}

interface Lines<T> {
  first: T;
  documents: AsyncGenerator<T, void, undefined>;
  toView: (document: T) => object;
  stop: () => void;
}

async function* toChunks<T>({ first, documents, toView, stop }: Lines<T>): AsyncGenerator<string> {
  let chunk = toLine(toView(first));
  for await (const document of documents) {
    chunk += toLine(toView(document));
    if (chunk.length < CHUNK_CHARACTERS) continue;
    const timer = setTimeout(stop, STALL_MS);
    try {
      yield chunk;
    } finally {
      clearTimeout(timer);
    }
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

function toLine(view: object): string {
  return `${JSON.stringify(view)}\n`;
}
