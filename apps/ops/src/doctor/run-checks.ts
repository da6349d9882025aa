import { NotPermittedError, toDatabaseError } from '#database';
import { describeFailure } from '../run-command.ts';
import type { CheckCode } from './check-code.ts';
import { failure, skipped, type Check, type CheckResult, type Finding } from './check.ts';
import type { DoctorContext } from './doctor-context.ts';

/** Longest that one check may take, in milliseconds. */
const CHECK_TIMEOUT_MS = 30_000;

/**
 * Runs checks one after the other, and skips those that mean nothing after what was found before.
 *
 * @param onResult - Told of each when it has ended
 */
export async function runChecks(
  checks: readonly Check[],
  context: DoctorContext,
  onResult: (result: CheckResult) => void = () => undefined,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  /** Of each check that was not passed: the one that has to be mended first. */
  const causes = new Map<CheckCode, CheckCode>();
  for (const { code, title, needs, run } of checks) {
    context.signal.throwIfAborted();
    const missing = needs.find((need) => !context.passed.has(need));
    const cause = missing && (causes.get(missing) ?? missing);
    const finding = cause === undefined ? await look(context, run) : skipped(`${cause} comes first`);
    if (finding.status === 'ok' || finding.status === 'warning') context.passed.add(code);
    else causes.set(code, cause ?? code);
    const result = { code, title, ...finding };
    results.push(result);
    onResult(result);
  }
  return results;
}

async function look(context: DoctorContext, run: Check['run']): Promise<Finding> {
  const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const { promise, reject } = Promise.withResolvers<never>();
  const ended = AbortSignal.any([timeout, context.signal]);
  ended.addEventListener('abort', () => reject(ended.reason), { once: true });
  try {
    return await Promise.race([Promise.resolve(run(context)), promise]);
  } catch (error) {
    context.signal.throwIfAborted();
    if (timeout.aborted)
      return failure('The check had no answer in time', 'run it again; see the log of the server');
    if (toDatabaseError(error) instanceof NotPermittedError) {
      return skipped('The database user may not look at it', 'give the user the role clusterMonitor');
    }
    const { message, nextStep = 'run it again; see the log of the server' } = describeFailure(error);
    return failure(message, nextStep);
  }
}
