import { diagnosticsConfig, type DiagnosticsConfig } from '#config';
import { Inject, Injectable, NotFoundException, type CanActivate } from '@nestjs/common';

/**
 * Hides the page in production unless a token is configured. The page itself holds no data: a browser cannot send a token when it
 * opens one, so the page asks for it, and sends it with each question for data.
 */
@Injectable()
export class StatusPageGuard implements CanActivate {
  constructor(@Inject(diagnosticsConfig.KEY) private readonly config: DiagnosticsConfig) {}

  canActivate(): boolean {
    if (this.config.isTokenRequired && this.config.token === undefined) throw new NotFoundException();
    return true;
  }
}
