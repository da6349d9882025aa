import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HealthSampler, type DatabaseHealth } from './health.sampler.ts';

/** Body of `GET /health`. */
export interface HealthReport {
  status: 'healthy' | 'unhealthy';
  mongodb: { connected: boolean; message: string };
}

/** What the probes ask: is the database usable, has the start succeeded, is the process on its way out. */
@Injectable()
export class HealthService implements OnModuleDestroy {
  private draining = false;

  constructor(private readonly sampler: HealthSampler) {}

  get database(): DatabaseHealth {
    return this.sampler.read();
  }

  get report(): HealthReport {
    const { isConnected, message } = this.sampler.read();
    return { status: isConnected ? 'healthy' : 'unhealthy', mongodb: { connected: isConnected, message } };
  }

  /** True from the first successful check after every start-up task on; never false again. */
  get isStarted(): boolean {
    return this.sampler.isStarted;
  }

  /** True from the first moment of shutdown. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** The first hook of a shutdown, before requests stop being taken. */
  onModuleDestroy(): void {
    this.draining = true;
  }
}
