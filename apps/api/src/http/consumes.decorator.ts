import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiConsumes } from '@nestjs/swagger';

/** The content types that a route takes; only `application/json` without. Others are answered by 415. */
export function Consumes(...types: readonly string[]): MethodDecorator {
  return applyDecorators(RouteConfig({ consumes: types }), ApiConsumes(...types));
}
