import { DatabaseModule } from '#database';
import { HealthModule } from '#health';
import { Module } from '@nestjs/common';
import { DatabaseMetrics } from './database.metrics.ts';
import { HttpMetrics } from './http.metrics.ts';
import { MetricsController } from './metrics.controller.ts';
import { MetricsRegistry } from './metrics.registry.ts';

/** `/metrics`: process, HTTP, driver and health. */
@Module({
  imports: [DatabaseModule, HealthModule],
  controllers: [MetricsController],
  providers: [MetricsRegistry, HttpMetrics, DatabaseMetrics],
  exports: [HttpMetrics, MetricsRegistry],
})
export class MetricsModule {}
