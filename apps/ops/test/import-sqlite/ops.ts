import { OpsProcess, type MeasuredOutcome } from '../ops-process.ts';
import type { Outcome } from '../run-ops.ts';

/** A running `ops import-sqlite`. */
export class ImportProcess extends OpsProcess {
  constructor(args: readonly string[], environment?: Record<string, string>) {
    super(['import-sqlite', ...args], environment);
  }
}

/** Runs `ops import-sqlite` to its end. */
export async function runImport(
  args: readonly string[],
  environment?: Record<string, string>,
): Promise<MeasuredOutcome> {
  return new ImportProcess(args, environment).ended();
}

/** The last line of `--json`. */
export function reportOf({ stdout }: Outcome): Record<string, unknown> {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
