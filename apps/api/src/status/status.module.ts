import { databaseConfig, diagnosticsConfig } from '#config';
import { DatabaseModule } from '#database';
import { TestDocument, TestDocumentRepository, testDocumentSchema } from '#diagnostics';
import { HealthModule } from '#health';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { MetricsModule } from '../metrics/metrics.module.ts';
import { CommandLatency } from './command-latency.ts';
import { HealthHistory } from './health-history.ts';
import { PublicFiles } from './public-files.ts';
import { StatusController } from './status.controller.ts';
import { StatusService } from './status.service.ts';
import { TopologyView } from './topology-view.ts';

/** `/status`: a page for people. */
@Module({
  imports: [
    ConfigModule.forFeature(databaseConfig),
    ConfigModule.forFeature(diagnosticsConfig),
    DatabaseModule.forFeature([{ name: TestDocument.name, schema: testDocumentSchema }]),
    HealthModule,
    MetricsModule,
  ],
  controllers: [StatusController],
  providers: [
    StatusService,
    HealthHistory,
    TopologyView,
    CommandLatency,
    PublicFiles,
    TestDocumentRepository,
  ],
})
export class StatusModule {}
