import { DiagnosticsAccessGuard } from '#diagnostics';
import { Controller, Get, Header, Param, Res, UseGuards } from '@nestjs/common';
import { PublicFiles, type PublicFile } from './public-files.ts';
import { StatusPageGuard } from './status-page.guard.ts';
import { StatusService, type StatusReport } from './status.service.ts';

interface Reply {
  header(name: string, value: string): unknown;
}

/**
 * The page loads its own files and asks its own service, nothing else; no text becomes code or markup.
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The status page: a page without data, its parts, and the data that it asks for every two seconds. */
@Controller('status')
export class StatusController {
  constructor(
    private readonly files: PublicFiles,
    private readonly status: StatusService,
  ) {}

  @Get()
  @UseGuards(StatusPageGuard)
  @Header('Content-Security-Policy', PAGE_POLICY)
  @Header('Cache-Control', 'no-store')
  async page(@Res({ passthrough: true }) reply: Reply): Promise<string> {
    return send(reply, await this.files.get('status.html'));
  }

  @Get('data')
  @UseGuards(DiagnosticsAccessGuard)
  @Header('Cache-Control', 'no-store')
  async data(): Promise<StatusReport> {
    return this.status.read();
  }

  @Get('public/:part')
  @UseGuards(StatusPageGuard)
  @Header('Cache-Control', 'no-cache')
  async part(@Param('part') part: string, @Res({ passthrough: true }) reply: Reply): Promise<string> {
    return send(reply, await this.files.get(part));
  }
}

function send(reply: Reply, { text, contentType }: PublicFile): string {
  reply.header('Content-Type', contentType);
  return text;
}
