import { loadConfiguration } from '#config';
import { DatabaseConnection } from '#database';
import { HealthService } from '#health';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.ts';
import { addBodyParsers } from './http/body-parsers.ts';
import { boundAnswers } from './http/bound-answers.ts';
import { boundRequests } from './http/bound-requests.ts';
import { createFastifyAdapter } from './http/fastify-adapter.ts';
import { KnownRoutes } from './http/known-routes.ts';
import { limitConnections } from './http/limit-connections.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { answerProbesFirst } from './http/probe-shortcut.ts';
import { addRequestHooks } from './http/request-hooks.ts';
import { RequestObserver } from './http/request-observer.ts';
import { shedLoad } from './http/shed-load.ts';
import { NestLogger } from './logging/nest-logger.ts';
import { HttpMetrics } from './metrics/http.metrics.ts';
import { serveDocs } from './openapi/docs.ts';

/** What the guards of diagnostics and status hide in production without a token. */
const GUARDED = /^\/(mongodb-test|status)(\/|$)/;

/**
 * The application, ready to listen. It does not wait for the database.
 *
 * @param logger - Receives every line of the application
 */
export async function createApplication(logger: Logger): Promise<NestFastifyApplication> {
  const { server, diagnostics } = loadConfiguration();
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule,
    createFastifyAdapter(server.trustedProxies),
    {
      logger: new NestLogger(logger),
      abortOnError: false,
      bodyParser: false,
    },
  );
  const fastify = app.getHttpAdapter().getInstance();
  const httpLogger = logger.child({ context: 'HTTP' });
  const observer = new RequestObserver(httpLogger, app.get(HttpMetrics));
  const isHidden = diagnostics.isTokenRequired && diagnostics.token === undefined;
  const routes = new KnownRoutes(fastify, isHidden ? GUARDED : undefined);
  limitConnections(app.getHttpServer(), httpLogger);
  addBodyParsers(fastify);
  addRequestHooks(fastify, observer);
  boundAnswers(fastify);
  shedLoad(fastify, app.get(DatabaseConnection));
  boundRequests(app.getHttpServer());
  answerProbesFirst(app.getHttpServer(), app.get(HealthService), observer);
  serveDocs(app);
  app.useGlobalFilters(new ProblemFilter(routes));
  return app;
}
