import 'reflect-metadata';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MongooseModule } from '@nestjs/mongoose';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  HealthCheckService,
  MongooseHealthIndicator,
  TerminusModule,
  type HealthCheckResult,
} from '@nestjs/terminus';

// The usual health route of Nest. Decorators are called as functions: Node strips types and does not know decorators.

class HealthController {
  readonly #checks: HealthCheckService;
  readonly #mongoose: MongooseHealthIndicator;

  constructor(checks: HealthCheckService, mongoose: MongooseHealthIndicator) {
    this.#checks = checks;
    this.#mongoose = mongoose;
  }

  async check(): Promise<HealthCheckResult> {
    return this.#checks.check([async () => this.#mongoose.pingCheck('mongodb')]);
  }
}
Inject(HealthCheckService)(HealthController, undefined, 0);
Inject(MongooseHealthIndicator)(HealthController, undefined, 1);
const method = Object.getOwnPropertyDescriptor(HealthController.prototype, 'check');
if (method) Get('health')(HealthController.prototype, 'check', method);
Controller()(HealthController);

class AppModule {}
Module({
  imports: [MongooseModule.forRoot(process.env.MONGODB_URI ?? ''), TerminusModule],
  controllers: [HealthController],
})(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
await app.listen(Number(process.env.PORT), '127.0.0.1');
