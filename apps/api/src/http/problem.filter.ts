import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { KnownRoutes } from './known-routes.ts';
import { PROBLEM_CONTENT_TYPE, RETRY_AFTER_SECONDS, toProblem } from './problem.ts';
import { toProblemKind } from './problem-kinds.ts';
import { ProblemException } from './problem.exception.ts';

/** Turns whatever a request ends with into `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly routes: KnownRoutes) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = this.knowingMethods(thrown, request, reply);
    const kind = toProblemKind(error);
    if (kind.status === 500) this.logger.error({ err: error, msg: 'A request failed' });
    if (kind.status === 503 && !reply.hasHeader('retry-after'))
      void reply.header('Retry-After', RETRY_AFTER_SECONDS);
    void reply.status(kind.status).type(PROBLEM_CONTENT_TYPE).send(toProblem(kind, request.url));
  }

  /** A path that is there for other methods is not unknown: https://www.rfc-editor.org/rfc/rfc9110#name-405-method-not-allowed */
  private knowingMethods(error: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
    const path = request.url.split('?', 1)[0] ?? '/';
    // `PUT /contacts/export` comes to `/contacts/:id`, but `export` is no id.
    const isOfAnother = !request.is404 && request.routeOptions.url !== path && this.routes.isExact(path);
    const isUnknown = request.is404 && isWithoutRoute(toProblemKind(error).status, request);
    if (!isOfAnother && !isUnknown) return error;
    const methods = this.routes.methodsOf(path);
    if (methods.length === 0) return error;
    void reply.header('Allow', methods.join(', '));
    return new ProblemException('METHOD_NOT_ALLOWED');
  }
}

/** Also where Fastify looks at the content type before it looks for the route. */
function isWithoutRoute(status: number, { method }: FastifyRequest): boolean {
  return status === 404 || status === 415 || (status === 400 && method === 'QUERY');
}
