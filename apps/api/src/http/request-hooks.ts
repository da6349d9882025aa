import type { FastifyInstance } from 'fastify';
import { requestContext } from '../logging/request-context.ts';
import type { RequestObserver } from './request-observer.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Gives each request its id, its headers and, when it is answered, its place in log and metrics. */
export function addRequestHooks(fastify: FastifyInstance, observer: RequestObserver): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    requestContext.run({ requestId: request.id }, done);
  });
  fastify.addHook('onResponse', (request, { statusCode, elapsedTime }, done) => {
    const { id, method, routeOptions } = request;
    const route = routeOptions.url ?? 'unknown';
    observer.observe({ requestId: id, method, route, status: statusCode, elapsedMs: elapsedTime });
    done();
  });
}
