import { DatabaseError } from '#database';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { DiagnosticsService, type TestReport } from './diagnostics.service.ts';
import { markUnavailable } from './mark-unavailable.ts';

interface Reply {
  status(code: number): unknown;
  header(name: string, value: string): Reply;
  send(body: TestReport): unknown;
}

/** Answers a test that could not be counted against the limit, and so did not begin, in the shape of one that failed. */
@Catch(DatabaseError)
export class UncountedFilter implements ExceptionFilter<DatabaseError> {
  constructor(private readonly diagnostics: DiagnosticsService) {}

  catch(error: DatabaseError, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    markUnavailable(reply);
    reply.header('Cache-Control', 'no-store').send(this.diagnostics.toFailure(error));
  }
}
