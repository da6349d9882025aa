import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ByteBudget, type ByteLimits } from './byte-budget.ts';
import { PROBLEM_CONTENT_TYPE, RETRY_AFTER_SECONDS, toProblem } from './problem.ts';
import { toProblemKind } from './problem-kinds.ts';
import { ProblemException } from './problem.exception.ts';

/**
 * Of all answers that their clients have not taken yet, for the memory that `docs/resource-limits.md` counts with. The rest is enough for
 * five hundred small ones.
 */
const ANSWER_LIMITS: ByteLimits = { allBytes: 33_554_432, largeBytes: 25_165_824, smallBytes: 16_384 };

/** Answers of a few hundred bytes at most, by which the service is judged. */
const PROBE = /^\/health([/?]|$)/;

/** Those of this process. */
export const ANSWERS = new ByteBudget(ANSWER_LIMITS, 'TOO_MANY_ANSWERS');

/**
 * Answers 503 in place of what has no room in memory beside answers that other clients do not take. What was written is told in any
 * case: while there is no room at all, nothing is begun. Probes are answered in any case, for they are small. Streams do not count,
 * they are read at the pace of their client, nor do files, which are in memory once.
 */
export function boundAnswers(fastify: FastifyInstance, budget = ANSWERS): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const isRefused = budget.isFull && !PROBE.test(request.url);
    done(isRefused ? new ProblemException('TOO_MANY_ANSWERS') : undefined);
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    // Nobody would say that it is not needed any more.
    const isGone = request.raw.socket.destroyed;
    if (isGone || typeof payload !== 'string' || request.method === 'HEAD') return done(null, payload);
    const sizeBytes = Buffer.byteLength(payload);
    reply.raw.once('close', () => budget.giveBack(reply.raw));
    try {
      if (request.method === 'GET' && !PROBE.test(request.url)) budget.take(reply.raw, sizeBytes);
      else budget.count(reply.raw, sizeBytes);
    } catch (error) {
      return done(null, refuse(request, reply, error));
    }
    // For a text that the socket cannot take at once Node sets three bytes for each character aside, for as long as it is not taken.
    return done(null, sizeBytes > ANSWER_LIMITS.smallBytes ? Buffer.from(payload) : payload);
  });
}

/** @returns What is sent in its place */
function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): string {
  const kind = toProblemKind(error);
  for (const name of ['etag', 'link']) reply.removeHeader(name);
  void reply.status(kind.status).type(PROBLEM_CONTENT_TYPE).header('Retry-After', RETRY_AFTER_SECONDS);
  return JSON.stringify(toProblem(kind, request.url));
}
