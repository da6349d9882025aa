import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { HealthService } from './health.service.ts';

/** The last background sample in Terminus' shape. Asks the database nothing. */
@Injectable()
export class MongodbIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly health: HealthService,
  ) {}

  /** Up with a writable primary on which this user may read. */
  check(key: string): HealthIndicatorResult {
    const { isConnected, message, ageMs, latencyMs } = this.health.database;
    const indicator = this.indicators.check(key);
    return isConnected ? indicator.up({ message, ageMs, latencyMs }) : indicator.down({ message, ageMs });
  }
}
