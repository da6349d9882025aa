import { serverConfig } from '#config';
import { DatabaseModule } from '#database';
import { DiagnosticsModule } from '#diagnostics';
import { HealthModule } from '#health';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { MetricsModule } from './metrics/metrics.module.ts';
import { ShutdownService } from './shutdown/shutdown.service.ts';

@Module({
  imports: [
    ConfigModule.forFeature(serverConfig),
    DatabaseModule,
    HealthModule,
    DiagnosticsModule,
    MetricsModule,
  ],
  providers: [ShutdownService],
})
export class AppModule {}
