export { DiagnosticsAccessGuard } from './diagnostics-access.guard.ts';
export { DiagnosticsModule } from './diagnostics.module.ts';
export { DiagnosticsService, type TestReport } from './diagnostics.service.ts';
export { TestDocumentRepository } from './test-document.repository.ts';
export { TestDocument, testDocumentSchema } from './test-document.schema.ts';
