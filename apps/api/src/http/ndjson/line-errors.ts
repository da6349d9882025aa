import type { ProblemKind } from '../problem.ts';

/** Lines of which it is told why they were refused; the count goes on. */
const MAX_ERRORS = 1_000;
/** Problems of one line that are told. */
const MAX_PROBLEMS = 10;
/** Longest text about one line, in characters. */
const MAX_DETAIL_LENGTH = 1_000;

export interface LineError {
  /** From 1, as an editor counts. */
  line: number;
  code: string;
  detail: string;
}

/** Counts the lines that were refused, and keeps the first ones by their number, in whatever order they are told. */
export class LineErrors {
  #count = 0;
  #kept: LineError[] = [];

  get count(): number {
    return this.#count;
  }

  /** At most 1,000, in the order of the lines. */
  get first(): LineError[] {
    return this.#kept.toSorted((a, b) => a.line - b.line).slice(0, MAX_ERRORS);
  }

  add(line: number, { code, detail }: Pick<LineError, 'code' | 'detail'>): void {
    this.#count += 1;
    this.#kept.push({ line, code, detail });
    if (this.#kept.length >= 2 * MAX_ERRORS) this.#kept = this.first;
  }
}

/** In one sentence, since a line has no list of fields. */
export function describe(kind: ProblemKind): Pick<LineError, 'code' | 'detail'> {
  const { code, detail, errors = [], more = 0 } = kind;
  if (code === 'DUPLICATE_KEY' || errors.length === 0) return { code, detail };
  const told = errors
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => (path === '' ? message : `${path} ${message}`));
  const left = errors.length - told.length + more;
  if (left > 0) told.push(`and ${left} more`);
  return { code, detail: shorten(`${detail}: ${told.join('; ')}`) };
}

function shorten(text: string): string {
  if (text.length <= MAX_DETAIL_LENGTH) return text;
  return `${text.slice(0, MAX_DETAIL_LENGTH - 1).toWellFormed()}…`;
}
