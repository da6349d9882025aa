/** Exit codes of `mongod`: https://www.mongodb.com/docs/manual/reference/exit-codes/ */
const EXIT_PORT_IN_USE = 48;
const EXIT_NEEDS_OTHER_VERSION = 62;

const VERSION_TEXT = /featureCompatibilityVersion|unsupported WiredTiger|unsupported upgrade or downgrade/i;

/** What kept `mongod` from running, as far as it matters to us. */
export interface MongodFailure {
  kind: 'port-in-use' | 'data-in-use' | 'data-version' | 'other';
  /** In the words of `mongod`. */
  cause: string;
}

/** Reads the exit code and the structured log of a `mongod` that has ended. */
export function explainExit(code: number | null, log: string): MongodFailure {
  const complaints = log.split('\n').flatMap(readComplaint);
  const versionComplaint = complaints.find((text) => VERSION_TEXT.test(text));
  // The first complaint is the reason; those behind it, up to "aborting after fassert", are its consequences.
  const cause = versionComplaint ?? complaints[0] ?? lastLine(log);
  if (code === EXIT_PORT_IN_USE) return { kind: 'port-in-use', cause };
  if (/DBPathInUse/.test(cause)) return { kind: 'data-in-use', cause };
  if (code === EXIT_NEEDS_OTHER_VERSION || versionComplaint !== undefined)
    return { kind: 'data-version', cause };
  return { kind: 'other', cause };
}

interface LogLine {
  s?: string;
  msg?: string;
  attr?: { error?: unknown; reason?: unknown; message?: unknown };
}

/** Text of an error or fatal line; nothing for other lines. */
function readComplaint(line: string): string[] {
  let entry: LogLine;
  try {
    entry = JSON.parse(line) as LogLine;
  } catch {
    return [];
  }
  if (entry.s !== 'E' && entry.s !== 'F') return [];
  const { error, message, reason } = entry.attr ?? {};
  const detail = [message, error, reason].map(textOf).find((text) => text !== '') ?? '';
  return [[entry.msg?.trim(), detail].filter(Boolean).join(': ')];
}

/** Details are text, or objects that hold it as `errmsg` (commands) or `msg` and `error_str` (WiredTiger). */
function textOf(detail: unknown): string {
  if (typeof detail === 'string') return detail.trim();
  if (typeof detail !== 'object' || detail === null) return '';
  const {
    errmsg,
    msg,
    error_str: reason,
  } = detail as { errmsg?: unknown; msg?: unknown; error_str?: unknown };
  return [errmsg, msg, reason].filter((part) => typeof part === 'string').join(': ');
}

/** What is not a log line: the dynamic loader, or the option parser. */
function lastLine(log: string): string {
  return log.trim().split('\n').at(-1) ?? '';
}
