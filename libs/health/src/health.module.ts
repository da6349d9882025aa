import { healthConfig } from '#config';
import { DatabaseModule } from '#database';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { TerminusModule } from '@nestjs/terminus';
import { ApplicationIndicator } from './application.indicator.ts';
import { HealthController } from './health.controller.ts';
import { HealthSampler } from './health.sampler.ts';
import { HealthService } from './health.service.ts';
import { IndexesIndicator } from './indexes.indicator.ts';
import { MongodbIndicator } from './mongodb.indicator.ts';

/** `/health` and the probes. */
@Module({
  imports: [
    ConfigModule.forFeature(healthConfig),
    DatabaseModule,
    // The sampler logs each change once; Terminus would log every failed probe.
    TerminusModule.forRoot({ logger: false }),
  ],
  controllers: [HealthController],
  providers: [HealthSampler, HealthService, MongodbIndicator, ApplicationIndicator, IndexesIndicator],
  exports: [HealthService],
})
export class HealthModule {}
