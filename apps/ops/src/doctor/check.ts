import type { CheckCode } from './check-code.ts';
import type { DoctorContext } from './doctor-context.ts';

/** `skipped`: it could not be looked at, or does not apply. */
export type CheckStatus = 'ok' | 'warning' | 'failure' | 'skipped';

export interface Finding {
  status: CheckStatus;
  /** What was found where nothing is wrong, in a few words. */
  detail?: string;
  /** What is wrong, or why it was not looked at: one sentence without a period, without host and secret. */
  cause?: string;
  /** What to do about it, in one sentence without a period. */
  next?: string;
}

export interface CheckResult extends Finding {
  code: CheckCode;
  title: string;
}

export interface Check {
  code: CheckCode;
  title: string;
  /** Checks without which this one means nothing: when one of them was not passed, this one is skipped. */
  needs: readonly CheckCode[];
  run: (context: DoctorContext) => Finding | Promise<Finding>;
}

export function ok(detail?: string): Finding {
  return { status: 'ok', ...(detail !== undefined && { detail }) };
}

export function warning(cause: string, next: string): Finding {
  return { status: 'warning', cause, next };
}

export function failure(cause: string, next: string): Finding {
  return { status: 'failure', cause, next };
}

export function skipped(cause: string, next?: string): Finding {
  return { status: 'skipped', cause, ...(next !== undefined && { next }) };
}
