import { createHash, timingSafeEqual } from 'node:crypto';
import { diagnosticsConfig, type DiagnosticsConfig } from '#config';
import {
  Inject,
  Injectable,
  NotFoundException,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';

/** Hides the diagnostics in production unless a token is configured, and then asks for it. */
@Injectable()
export class DiagnosticsAccessGuard implements CanActivate {
  constructor(@Inject(diagnosticsConfig.KEY) private readonly config: DiagnosticsConfig) {}

  canActivate(context: ExecutionContext): boolean {
    const { isTokenRequired, token } = this.config;
    if (!isTokenRequired) return true;
    if (token === undefined) throw new NotFoundException();
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (given === undefined || !isSame(given, token)) {
      const reply = context.switchToHttp().getResponse<{ header(name: string, value: string): unknown }>();
      reply.header('WWW-Authenticate', 'Bearer realm="diagnostics"');
      throw new UnauthorizedException();
    }
    return true;
  }
}

/** Takes the same time whatever the difference. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
