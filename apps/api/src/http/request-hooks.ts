import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { requestContext } from '../logging/request-context.ts';
import type { HttpMetrics } from '../metrics/http.metrics.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Asked every few seconds by machines: logged only at `debug`. */
const QUIET_ROUTES = /^\/(health|metrics)(\/|$)/;

/** Gives each request its id, its headers, its log line and its place in the metrics. */
export function addRequestHooks(fastify: FastifyInstance, logger: Logger, metrics: HttpMetrics): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    requestContext.run({ requestId: request.id }, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const elapsedMs = reply.elapsedTime;
    metrics.observe(request.method, route, reply.statusCode, elapsedMs);
    const level = QUIET_ROUTES.test(route) ? 'debug' : 'info';
    if (logger.isLevelEnabled(level)) {
      const line = {
        requestId: request.id,
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(elapsedMs * 10) / 10,
      };
      logger[level](line, `${request.method} ${route} ${reply.statusCode}`);
    }
    done();
  });
}
