import { Controller, Get, Header, Res, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { ApplicationIndicator } from './application.indicator.ts';
import { HealthService, type HealthReport } from './health.service.ts';
import { IndexesIndicator } from './indexes.indicator.ts';
import { MongodbIndicator } from './mongodb.indicator.ts';

/** The part of a reply that the probes need, of Fastify's and Express' alike. */
interface Reply {
  status(code: number): unknown;
}

/** Answers people and probes from the last background sample: no request waits for the database. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthService,
    private readonly checks: HealthCheckService,
    private readonly mongodb: MongodbIndicator,
    private readonly application: ApplicationIndicator,
    private readonly indexes: IndexesIndicator,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  summary(@Res({ passthrough: true }) reply: Reply): HealthReport {
    const report = this.health.report;
    if (report.status === 'unhealthy') reply.status(503);
    return report;
  }

  /** Must not depend on anything outside the process: a failed liveness restarts it. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  // The OpenAPI document has it already, and the package for it takes a third of a second of the start.
  @HealthCheck({ noCache: true, swaggerDocumentation: false })
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<HealthCheckResult> {
    try {
      return await this.checks.check([
        () => this.application.check('application'),
        () => this.mongodb.check('mongodb'),
        () => this.indexes.check('indexes'),
      ]);
    } catch (error) {
      // A probe that fails is an answer of this route, not a problem with the request.
      if (!(error instanceof ServiceUnavailableException)) throw error;
      reply.status(503);
      return error.getResponse() as HealthCheckResult;
    }
  }

  @Get('startup')
  @Header('Cache-Control', 'no-store')
  startup(@Res({ passthrough: true }) reply: Reply): { status: 'started' | 'starting' } {
    if (this.health.isStarted) return { status: 'started' };
    reply.status(503);
    return { status: 'starting' };
  }
}
