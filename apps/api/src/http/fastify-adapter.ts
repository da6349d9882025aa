import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_CONTENT_TYPE, toProblem } from './problem.ts';
import { toProblemKind } from './problem-kinds.ts';
import { chooseRequestId } from './request-id.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

const BODY_LIMIT_BYTES = 1_048_576;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** Fastify with the limits of this service, and answers in one form also for what never reaches a route. */
export function createFastifyAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // A shutdown takes requests until the drain is over, and closes what is idle after it.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: chooseRequestId,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const kind = toProblemKind(error);
      void reply
        .headers(SECURITY_HEADERS)
        .header('x-request-id', request.id)
        .status(kind.status)
        .type(PROBLEM_CONTENT_TYPE)
        .send(toProblem(kind, request.url));
    },
  });
}

/** What Node refuses before there is a request: broken syntax, headers that are too large or too slow. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  // A client that went away needs no answer.
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const status = CLIENT_ERROR_STATUS[error.code ?? ''] ?? 400;
    const body = JSON.stringify(toProblem(toProblemKind({ statusCode: status }), ''));
    const headers = {
      ...SECURITY_HEADERS,
      'content-type': PROBLEM_CONTENT_TYPE,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  }
  socket.destroy(error);
}

const CLIENT_ERROR_STATUS: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};
