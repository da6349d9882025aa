import { diagnosticsConfig, type DiagnosticsConfig } from '#config';
import { DatabaseModule } from '#database';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { DiagnosticsAccessGuard } from './diagnostics-access.guard.ts';
import { DiagnosticsController } from './diagnostics.controller.ts';
import { DiagnosticsService } from './diagnostics.service.ts';
import { MongoThrottlerStorage } from './mongo-throttler.storage.ts';
import { TestDocumentRepository } from './test-document.repository.ts';
import { TestDocument, testDocumentSchema } from './test-document.schema.ts';

const MINUTE_MS = 60_000;
const CONFIG = ConfigModule.forFeature(diagnosticsConfig);

@Module({
  imports: [DatabaseModule],
  providers: [MongoThrottlerStorage],
  exports: [MongoThrottlerStorage],
})
class ThrottlerStorageModule {}

/** `/mongodb-test`. */
@Module({
  imports: [
    CONFIG,
    DatabaseModule.forFeature([{ name: TestDocument.name, schema: testDocumentSchema }]),
    ThrottlerModule.forRootAsync({
      imports: [CONFIG, ThrottlerStorageModule],
      inject: [diagnosticsConfig.KEY, MongoThrottlerStorage],
      useFactory: (config: DiagnosticsConfig, storage: MongoThrottlerStorage): ThrottlerModuleOptions => ({
        storage,
        throttlers: [{ ttl: MINUTE_MS, limit: config.ratePerMinute }],
      }),
    }),
  ],
  controllers: [DiagnosticsController],
  providers: [DiagnosticsAccessGuard, DiagnosticsService, TestDocumentRepository],
})
export class DiagnosticsModule {}
