import { diagnosticsConfig, type DiagnosticsConfig } from '#config';
import { DatabaseConnection, DatabaseModule } from '#database';
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

/** `/mongodb-test`. */
@Module({
  imports: [
    CONFIG,
    DatabaseModule.forFeature([{ name: TestDocument.name, schema: testDocumentSchema }]),
    ThrottlerModule.forRootAsync({
      imports: [CONFIG, DatabaseModule],
      inject: [diagnosticsConfig.KEY, DatabaseConnection],
      // The throttler makes a provider of its own for the storage, and as a second one its hooks would run twice.
      useFactory: (config: DiagnosticsConfig, connection: DatabaseConnection): ThrottlerModuleOptions => ({
        storage: new MongoThrottlerStorage(connection),
        throttlers: [{ ttl: MINUTE_MS, limit: config.ratePerMinute }],
      }),
    }),
  ],
  controllers: [DiagnosticsController],
  providers: [DiagnosticsAccessGuard, DiagnosticsService, TestDocumentRepository],
})
export class DiagnosticsModule {}
