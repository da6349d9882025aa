import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { BadRequestException } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ByteBudget, type ByteLimits } from './byte-budget.ts';
import { ByteParts } from './byte-parts.ts';
import { turn } from './event-loop-turn.ts';
import { excessOf, tooManyValues } from './json-limits.ts';
import { ProblemException } from './problem.exception.ts';

const JSON_TYPE = 'application/json';
const MERGE_PATCH_TYPE = 'application/merge-patch+json';
/** JSON that is sent to a `PATCH` is a merge patch too. */
export const MERGE_PATCH_TYPES = [MERGE_PATCH_TYPE, JSON_TYPE];
/** The first name is the usual one; there is no registered type. */
export const NDJSON_TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

/** Largest JSON body, in bytes; a body of lines has no limit, its lines have. */
export const JSON_LIMIT_BYTES = 1_048_576;
/** From this size on a JSON body waits for its turn, in bytes: of many that arrive together, probes do not have to wait for all. */
const LARGE_BYTES = 65_536;
/**
 * Of all JSON bodies that are kept, each from its arrival until its request is answered, for the memory that `docs/resource-limits.md`
 * counts with: a body takes up to twice its size while it arrives. The rest is enough for a thousand small ones at once. What counts is
 * what has arrived: to announce much, and send nothing, takes no room from others.
 */
const BODY_LIMITS: ByteLimits = { allBytes: 50_331_648, largeBytes: 33_554_432, smallBytes: 16_384 };
/** How long a JSON body may take to arrive, in milliseconds. */
const JSON_TIMEOUT_MS = 30_000;

/**
 * Takes JSON, as much as there is room for, and where a route says so merge patches and lines of JSON; everything else is 415. A body of lines reaches its route as
 * the stream that it is.
 */
export function addBodyParsers(
  fastify: FastifyInstance,
  budget = new ByteBudget(BODY_LIMITS, 'TOO_MANY_BODIES'),
): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  // Every request comes here in the end, also one whose client has gone. An answer may wait for its client: then without the body.
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    budget.giveBack(request);
    request.body = undefined;
    done(null, payload);
  });
  fastify.addContentTypeParser(
    [JSON_TYPE, MERGE_PATCH_TYPE],
    async (request: FastifyRequest, payload: IncomingMessage) => {
      requireConsumed(request, JSON_TYPE);
      const bytes = await readAll(request, payload, budget);
      // Node would put a replacement character in the place of what is no text.
      if (!isUtf8(bytes)) throw new BadRequestException();
      if (bytes.length >= LARGE_BYTES) await turn();
      const text = bytes.toString();
      const excess = excessOf(text);
      if (excess === 'depth') throw new BadRequestException();
      if (excess === 'values') throw tooManyValues();
      return new Promise<unknown>((resolve, reject) => {
        void parse(request, text, (error, value) => (error ? reject(error) : resolve(value)));
      });
    },
  );
  fastify.addContentTypeParser(NDJSON_TYPES, (request, payload, done) => {
    requireConsumed(request);
    done(null, payload);
  });
}

/** @param usual - Taken by routes that say nothing */
function requireConsumed(request: FastifyRequest, usual?: string): void {
  const { consumes = [usual] } = request.routeOptions.config as {
    consumes?: readonly (string | undefined)[];
  };
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (!consumes.includes(type)) throw new ProblemException('UNSUPPORTED_MEDIA_TYPE');
}

/**
 * The limits of Fastify, one for the time, since that of the server is for requests that stream, and one for all bodies together.
 *
 * @throws {@link ProblemException} 413, 408 and 503; what still comes is not kept, and the answer closes the connection
 */
async function readAll(
  request: FastifyRequest,
  payload: IncomingMessage,
  budget: ByteBudget,
): Promise<Buffer> {
  const announcedBytes = Number(request.headers['content-length'] ?? 0);
  if (announcedBytes > JSON_LIMIT_BYTES) throw new ProblemException('PAYLOAD_TOO_LARGE');
  budget.requireRoom(announcedBytes);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const timer = setTimeout(() => reject(new ProblemException('REQUEST_TIMEOUT')), JSON_TIMEOUT_MS);
  const parts = new ByteParts();
  let sizeBytes = 0;
  const keep = (chunk: Buffer): void => {
    sizeBytes += chunk.length;
    if (sizeBytes > JSON_LIMIT_BYTES) return reject(new ProblemException('PAYLOAD_TOO_LARGE'));
    try {
      budget.take(request, chunk.length);
      parts.add(chunk);
    } catch (error) {
      reject(error);
    }
  };
  payload.on('data', keep);
  payload.on('end', () => resolve(parts.join()));
  payload.on('error', () => reject(new BadRequestException()));
  return promise.finally(() => {
    clearTimeout(timer);
    payload.off('data', keep);
    parts.clear();
  });
}
