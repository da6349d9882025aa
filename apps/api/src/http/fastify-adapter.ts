import { randomUUID } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, RawServerDefault } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { PROBLEM_CONTENT_TYPE, toProblem } from './problem.ts';
import { toProblemKind } from './problem-kinds.ts';

const BODY_LIMIT_BYTES = 1_048_576;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** A request id that a client or proxy may choose. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** Fastify with the limits of this service, and answers in one form also for what never reaches a route. */
export function createFastifyAdapter(): FastifyAdapter<RawServerDefault> {
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // A shutdown takes requests until the drain is over, and closes what is idle after it.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: chooseRequestId,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const kind = toProblemKind(error);
      void reply.status(kind.status).type(PROBLEM_CONTENT_TYPE).send(toProblem(kind, request.url));
    },
  });
}

function chooseRequestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}
