import { Controller, Get, Head, Header, HttpCode, Options, Res, UseFilters, UseGuards } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import { DiagnosticsAccessGuard } from './diagnostics-access.guard.ts';
import { DiagnosticsService, type TestReport } from './diagnostics.service.ts';
import { markUnavailable } from './mark-unavailable.ts';
import { UncountedFilter } from './uncounted.filter.ts';

interface Reply {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
}

/** The test-document endpoint. Only GET writes. */
@Controller('mongodb-test')
@UseGuards(DiagnosticsAccessGuard)
export class DiagnosticsController {
  constructor(private readonly diagnostics: DiagnosticsService) {}

  @Head()
  @Header('Cache-Control', 'no-store')
  head(@Res({ passthrough: true }) reply: Reply): void {
    if (!this.diagnostics.isLikelyToSucceed) markUnavailable(reply);
  }

  @Options()
  @HttpCode(204)
  @Header('Allow', 'GET, HEAD, OPTIONS')
  options(): void {
    // The header is the answer.
  }

  @Get()
  @UseGuards(ThrottlerGuard)
  @UseFilters(UncountedFilter)
  @Header('Cache-Control', 'no-store')
  async test(@Res({ passthrough: true }) reply: Reply): Promise<TestReport> {
    const report = await this.diagnostics.test();
    if (report.status === 'error') markUnavailable(reply);
    return report;
  }
}
