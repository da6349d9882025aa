import { HealthService } from '#health';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.ts';
import { createFastifyAdapter } from './http/fastify-adapter.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { answerProbesFirst } from './http/probe-shortcut.ts';
import { addRequestHooks } from './http/request-hooks.ts';
import { RequestObserver } from './http/request-observer.ts';
import { NestLogger } from './logging/nest-logger.ts';
import { HttpMetrics } from './metrics/http.metrics.ts';

/**
 * The application, ready to listen. It does not wait for the database.
 *
 * @param logger - Receives every line of the application
 */
export async function createApplication(logger: Logger): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, createFastifyAdapter(), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  const observer = new RequestObserver(logger.child({ context: 'HTTP' }), app.get(HttpMetrics));
  addRequestHooks(fastify, observer);
  answerProbesFirst(app.getHttpServer(), app.get(HealthService), observer);
  app.useGlobalFilters(new ProblemFilter());
  return app;
}
