import { IndexKeeper } from '#database';
import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';

/**
 * Whether the unique indexes that the schemas declare are there. A missing one shows and is logged, and does not take the service out of
 * traffic: all instances would go at once. Asks the database nothing.
 */
@Injectable()
export class IndexesIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly keeper: IndexKeeper,
  ) {}

  check(key: string): HealthIndicatorResult {
    const { status, missingUnique } = this.keeper.state;
    const message = `${missingUnique.length} required unique index(es) missing: plan and apply the indexes`;
    const details = { state: status, ...(status === 'incomplete' && { message }) };
    return this.indicators.check(key).up(details);
  }
}
