import { serverConfig } from '#config';
import { DatabaseModule } from '#database';
import { DiagnosticsModule } from '#diagnostics';
import { HealthModule } from '#health';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ContactsModule } from './contacts/contacts.module.ts';
import { MetricsModule } from './metrics/metrics.module.ts';
import { ShutdownService } from './shutdown/shutdown.service.ts';
import { StatusModule } from './status/status.module.ts';

@Module({
  imports: [
    ConfigModule.forFeature(serverConfig),
    DatabaseModule,
    HealthModule,
    DiagnosticsModule,
    MetricsModule,
    ContactsModule,
    StatusModule,
  ],
  providers: [ShutdownService],
})
export class AppModule {}
