import { EXIT } from '../exit-codes.ts';
import { runWithSignal } from '../run-command.ts';
import type { CheckCode } from './check-code.ts';
import type { CheckResult } from './check.ts';
import { CHECKS } from './checks.ts';
import { DoctorContext, type DoctorOptions } from './doctor-context.ts';
import { formatCheck, formatVerdict, type DoctorReport } from './format-report.ts';
import { runChecks } from './run-checks.ts';

/** A failure of one of these means that MongoDB cannot be used now. */
const UNAVAILABLE: readonly CheckCode[] = ['DNS', 'TCP', 'TLS', 'SERVER', 'AUTHENTICATION', 'TOPOLOGY'];

/** `ops doctor` */
export async function doctor({ isJson, ...options }: DoctorOptions & { isJson: boolean }): Promise<void> {
  await runWithSignal(isJson, async ({ signal }) => {
    const context = new DoctorContext(options, signal);
    try {
      const show = (result: CheckResult): void => {
        if (!isJson) process.stdout.write(formatCheck(result));
      };
      const checks = await runChecks(CHECKS, context, show);
      const report = { status: worstOf(checks), checks };
      process.stdout.write(isJson ? `${JSON.stringify(report)}\n` : formatVerdict(report));
      return exitCodeOf(checks);
    } finally {
      await context.close();
    }
  });
}

function worstOf(checks: readonly CheckResult[]): DoctorReport['status'] {
  const has = (status: DoctorReport['status']) => checks.some((check) => check.status === status);
  return has('failure') ? 'failure' : has('warning') ? 'warning' : 'ok';
}

/** That of the first failure; warnings are no failure. */
function exitCodeOf(checks: readonly CheckResult[]): number {
  const failed = checks.filter(({ status }) => status === 'failure').map(({ code }) => code);
  if (failed.length === 0) return EXIT.done;
  if (failed.includes('CONFIG')) return EXIT.configuration;
  return failed.some((code) => UNAVAILABLE.includes(code)) ? EXIT.unavailable : EXIT.failed;
}
