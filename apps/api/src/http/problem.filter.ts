import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_CONTENT_TYPE, toProblem } from './problem.ts';
import { toProblemKind } from './problem-kinds.ts';

/** When to try again, in seconds. */
const RETRY_AFTER_SECONDS = 2;

/** Turns whatever a request ends with into `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const kind = toProblemKind(error);
    if (kind.status === 500) this.logger.error({ err: error, msg: 'A request failed' });
    if (kind.status === 503 && !reply.hasHeader('retry-after'))
      void reply.header('Retry-After', RETRY_AFTER_SECONDS);
    void reply.status(kind.status).type(PROBLEM_CONTENT_TYPE).send(toProblem(kind, request.url));
  }
}
