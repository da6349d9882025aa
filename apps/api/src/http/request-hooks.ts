import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { requestContext } from '../logging/request-context.ts';
import type { RequestObserver } from './request-observer.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** How long the rest of a request may take that has its answer, in milliseconds. */
const REST_TIMEOUT_MS = 10_000;
/** How long the client may take nothing of a complete answer, in milliseconds; Node looks twice, so that it can be twice as long. */
const UNREAD_TIMEOUT_MS = 30_000;

/** Gives each request its id, its headers and, when it is answered, its place in log and metrics. */
export function addRequestHooks(fastify: FastifyInstance, observer: RequestObserver): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    // All of the answer is with the socket: from here on only the client is waited for. The next request has the time of the server again.
    reply.raw.once('prefinish', () => reply.raw.setTimeout(UNREAD_TIMEOUT_MS));
    requestContext.run({ requestId: request.id }, done);
  });
  fastify.addHook('onResponse', (request, { statusCode, elapsedTime }, done) => {
    const { id, method, routeOptions, raw } = request;
    if (!raw.complete) dismiss(raw);
    const route = routeOptions.url ?? 'unknown';
    observer.observe({ requestId: id, method, route, status: statusCode, elapsedMs: elapsedTime });
    done();
  });
}

/** Lets go of a request that was answered before all of it was there: what still comes is not kept, and not waited for forever. */
function dismiss(request: IncomingMessage): void {
  // A reader that has stopped may still listen, and the request would wait for it.
  request.removeAllListeners('readable').resume();
  setTimeout(() => request.complete || request.socket.destroy(), REST_TIMEOUT_MS).unref();
}
