/** What `npm run test:faults` runs: `A01` to `A45`. */
export const ROWS: readonly string[] = Array.from(
  { length: 45 },
  (_, index) => `A${String(index + 1).padStart(2, '0')}`,
);
/** The one of ten minutes, which is `npm run test:soak`. */
export const SOAK_ROW = 'A46';
/** Variable that names, with commas between them, the rows of which a test has to run. */
export const EXPECTED_ROWS = 'FIGURES_EXPECTED_ROWS';

const LIKE_ROW = /^a\d+$/i;
/** Options of Jest, or paths, by which tests of a row may stay out. */
const NARROWING = /^(?:[^-]|-[fot]|--(?:changed|find|last|list|only|shard|test(?:Name|Path))|--$)/;

export interface RowChoice {
  /** Without that of the soak; empty for all of them. */
  rows: string[];
  isSoak: boolean;
  /** Whether something besides the rows says which tests run. */
  isNarrowed: boolean;
  /** All arguments that are no rows, as they came. */
  others: string[];
}

/**
 * Tells rows, in upper or lower case, from options.
 *
 * @throws {RangeError} When something that looks like a row is none
 */
export function readRows(given: readonly string[]): RowChoice {
  const named = given.filter((argument) => LIKE_ROW.test(argument)).map((row) => row.toUpperCase());
  const unknown = named.filter((row) => row !== SOAK_ROW && !ROWS.includes(row));
  if (unknown.length > 0)
    throw new RangeError(`No such row: ${unknown.join(', ')}; there are ${ROWS[0]} to ${SOAK_ROW}`);
  const others = given.filter((argument) => !LIKE_ROW.test(argument));
  return {
    rows: named.filter((row) => row !== SOAK_ROW),
    isSoak: named.includes(SOAK_ROW),
    isNarrowed: others.some((argument) => NARROWING.test(argument)),
    others,
  };
}
