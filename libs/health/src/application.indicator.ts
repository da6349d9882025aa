import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { HealthService } from './health.service.ts';

/** Whether this process wants traffic: started, and not on its way out. */
@Injectable()
export class ApplicationIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly health: HealthService,
  ) {}

  check(key: string): HealthIndicatorResult {
    const indicator = this.indicators.check(key);
    if (this.health.isDraining) return indicator.down({ message: 'Shutting down' });
    if (!this.health.isStarted) return indicator.down({ message: 'Starting up' });
    return indicator.up();
  }
}
