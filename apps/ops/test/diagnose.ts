import type { CheckResult } from '../src/doctor/check.ts';
import type { DoctorReport } from '../src/doctor/format-report.ts';
import { runOps } from './run-ops.ts';

export interface Diagnosis {
  code: number | null;
  report: DoctorReport;
  /** The result of one check. */
  of: (code: string) => CheckResult | undefined;
}

/** Runs `ops doctor --json` with only these variables. */
export async function diagnose(
  environment: Record<string, string>,
  args: readonly string[] = [],
): Promise<Diagnosis> {
  const { code, stdout } = await runOps(['doctor', '--json', ...args], environment);
  const report = JSON.parse(stdout) as DoctorReport;
  return { code, report, of: (wanted) => report.checks.find((check) => check.code === wanted) };
}

/** Expects that this check failed so, and that MongoDB is taken for unavailable. */
export function expectFailure({ code, of }: Diagnosis, check: string, cause: RegExp, next: RegExp): void {
  expect(of(check)).toEqual({
    code: check,
    title: expect.any(String),
    status: 'failure',
    cause: expect.stringMatching(cause),
    next: expect.stringMatching(next),
  });
  expect(code).toBe(69);
}
