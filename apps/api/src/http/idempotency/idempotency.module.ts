import { DatabaseModule } from '#database';
import { Module } from '@nestjs/common';
import { IdempotencyInterceptor } from './idempotency.interceptor.ts';
import { IdempotencyStore } from './idempotency.store.ts';

/** `@Idempotent()` for the controllers of a feature. */
@Module({
  imports: [DatabaseModule],
  providers: [IdempotencyStore, IdempotencyInterceptor],
  exports: [IdempotencyStore, IdempotencyInterceptor],
})
export class IdempotencyModule {}
