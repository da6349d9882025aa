import { maxHeaderSize, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JSON_LIMIT_BYTES } from './body-parsers.ts';
import { PROBLEM_CONTENT_TYPE, toProblem } from './problem.ts';
import { toProblemKind } from './problem-kinds.ts';
import { chooseRequestId } from './request-id.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Time for a whole request: an import may take its time, as long as it goes on. JSON has a limit of its own. */
const REQUEST_TIMEOUT_MS = 3_600_000;
const HEADERS_TIMEOUT_MS = 30_000;
/** As long as all headers may be together, so that it is the route that refuses a strange id. */
const MAX_PARAMETER_LENGTH = 16_384;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/**
 * How long a connection may be without a byte in either direction while there is a request: over what the database can keep one
 * waiting, which is several calls with `MONGODB_MAX_TIME_MS` each. An export sets a longer limit, a complete answer a shorter one.
 */
const CONNECTION_TIMEOUT_MS = 120_000;
/** How often Node looks for requests over their time: its own 30 s would double a limit of 30 s. */
const LOOK_FOR_LATE_MS = 5_000;

/**
 * Fastify with the limits of this service, and answers in one form also for what never reaches a route.
 *
 * @param trustedProxies - Addresses and networks whose `X-Forwarded-For` is believed; nobody's unless given
 */
export function createFastifyAdapter(trustedProxies: readonly string[]): FastifyAdapter {
  return new FastifyAdapter({
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    bodyLimit: JSON_LIMIT_BYTES,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: LOOK_FOR_LATE_MS },
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
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
    const status = isAddressTooLong(error) ? 400 : (CLIENT_ERROR_STATUS[error.code ?? ''] ?? 400);
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

/**
 * Node counts the address to the headers; an address that is too long is no fault of those.
 *
 * @see https://nodejs.org/docs/latest-v24.x/api/http.html#event-clienterror
 */
function isAddressTooLong(error: NodeJS.ErrnoException): boolean {
  if (error.code !== 'HPE_HEADER_OVERFLOW' || !('rawPacket' in error)) return false;
  if (!Buffer.isBuffer(error.rawPacket)) return false;
  const begin = error.rawPacket.subarray(0, maxHeaderSize).toString('latin1');
  return /^[A-Z]+ \/[^\n]*$/.test(begin);
}
