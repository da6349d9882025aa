import { Controller, Get, Header } from '@nestjs/common';
import { MetricsRegistry } from './metrics.registry.ts';

/** Prometheus text: https://prometheus.io/docs/instrumenting/exposition_formats/ */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsRegistry) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  async read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
