import { styleText } from 'node:util';
import { formatQuantity } from '../terminal/format.ts';
import type { CheckResult, CheckStatus } from './check.ts';

export interface DoctorReport {
  /** The worst of all checks that were not skipped. */
  status: Exclude<CheckStatus, 'skipped'>;
  checks: CheckResult[];
}

const MARKS: Record<CheckStatus, string> = { ok: '✓', warning: '!', failure: '✗', skipped: '-' };
const COLORS = { ok: 'green', warning: 'yellow', failure: 'red', skipped: 'gray' } as const;
const TITLE_WIDTH = 30;
const CODE_WIDTH = 16;

/** One line per check; below what is not well the cause and the next step. */
export function formatCheck(
  { status, code, title, detail, cause, next }: CheckResult,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  const paint = (text: string): string => styleText(COLORS[status], text, { stream });
  const isSkipped = status === 'skipped';
  const remark = detail ?? (isSkipped ? `skipped: ${cause ?? ''}` : status === 'ok' ? '' : status);
  const lines = [`${paint(MARKS[status])} ${code.padEnd(CODE_WIDTH)} ${title.padEnd(TITLE_WIDTH)} ${remark}`];
  if (cause !== undefined && !isSkipped) lines.push(`    ${paint(cause)}`);
  if (next !== undefined) lines.push(`    Next step: ${next}`);
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** The last line. */
export function formatVerdict({ checks, status }: DoctorReport): string {
  const count = (wanted: CheckStatus) => checks.filter((check) => check.status === wanted).length;
  const first = checks.find((check) => check.status === 'failure');
  const warnings = formatQuantity(count('warning'), 'warning');
  const failures = formatQuantity(count('failure'), 'failure');
  const counts = `${count('ok')} ok, ${warnings}, ${failures}, ${count('skipped')} skipped`;
  if (first !== undefined) return `\n${counts}. Begin with ${first.code}.\n`;
  return status === 'ok'
    ? `\nAll is well: ${counts}.\n`
    : `\nIt works, with something to see to: ${counts}.\n`;
}
