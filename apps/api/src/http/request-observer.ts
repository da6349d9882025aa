import type { Logger } from 'pino';
import type { HttpMetrics } from '../metrics/http.metrics.ts';

/** A request that has been answered. */
export interface AnsweredRequest {
  requestId: string | undefined;
  method: string;
  /** Pattern of the route, such as `/contacts/:id`. */
  route: string;
  status: number;
  elapsedMs: number;
}

/** Asked every few seconds by machines: logged only at `debug`. */
const QUIET_ROUTES = /^\/(health|metrics|status)(\/|$)/;

/** Gives each request its log line and its place in the metrics. */
export class RequestObserver {
  constructor(
    private readonly logger: Logger,
    private readonly metrics: HttpMetrics,
  ) {}

  observe({ requestId, method, route, status, elapsedMs }: AnsweredRequest): void {
    this.metrics.observe(method, route, status, elapsedMs);
    const level = QUIET_ROUTES.test(route) ? 'debug' : 'info';
    if (!this.logger.isLevelEnabled(level)) return;
    const ms = Math.round(elapsedMs * 10) / 10;
    this.logger[level]({ requestId, method, route, status, ms }, `${method} ${route} ${status}`);
  }
}
