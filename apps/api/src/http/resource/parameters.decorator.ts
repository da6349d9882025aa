import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { toCondition } from './etag.ts';
import { toId } from './resource-id.ts';

/** The id of an address `…/:id`, which is one: see {@link toId}. */
export const Id = createParamDecorator((_: unknown, context: ExecutionContext) =>
  toId(requestOf<{ id: string }>(context).params.id),
);

/** The `Condition` that a change has to keep, by its `If-Match`: see {@link toCondition}. */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext) =>
  toCondition(requestOf(context).headers['if-match']),
);

function requestOf<P>(context: ExecutionContext): FastifyRequest<{ Params: P }> {
  return context.switchToHttp().getRequest<FastifyRequest<{ Params: P }>>();
}
