export { DiagnosticsModule } from './diagnostics.module.ts';
export { DiagnosticsService, type TestReport } from './diagnostics.service.ts';
