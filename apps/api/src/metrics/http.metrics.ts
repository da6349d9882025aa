import { Injectable } from '@nestjs/common';
import { DurationHistogram } from './duration-histogram.ts';
import { MetricsRegistry } from './metrics.registry.ts';

const BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Time from the arrival of a request to the end of its answer, by route pattern, so that ids make no new series. */
@Injectable()
export class HttpMetrics {
  private readonly duration = new DurationHistogram(
    'http_request_duration_seconds',
    'Time from the arrival of a request to the end of its answer',
    BUCKETS_SECONDS,
  );

  constructor({ registry }: MetricsRegistry) {
    registry.registerMetric(this.duration.asMetric());
  }

  observe(method: string, route: string, status: number, elapsedMs: number): void {
    const labels = () => ({ method, route, status: String(status) });
    this.duration.observe(`${method} ${route} ${status}`, labels, elapsedMs / 1_000);
  }
}
