export { HealthModule } from './health.module.ts';
export type { DatabaseHealth } from './health.sampler.ts';
export { HealthService, type HealthReport } from './health.service.ts';
