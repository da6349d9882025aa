import { appendFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, '../../reports');
/** One JSON object a line, for the table that is printed at the end of a run. */
export const FIGURES_FILE = join(FOLDER, 'figures.jsonl');

/** One measured figure of a row, and the limit that it has to meet. */
export interface Figure {
  /** Identifier of the row, such as `A04`. */
  row: string;
  what: string;
  value: number;
  unit: string;
  /** The largest value that meets the row, or the smallest where `atLeast` is set. */
  limit: number;
  atLeast?: boolean;
}

/** Keeps the figure for the table and fails the test when it does not meet its limit. */
export function expectFigure(figure: Figure): void {
  mkdirSync(FOLDER, { recursive: true });
  appendFileSync(FIGURES_FILE, `${JSON.stringify(figure)}\n`);
  if (figure.atLeast) expect(figure.value).toBeGreaterThanOrEqual(figure.limit);
  else expect(figure.value).toBeLessThanOrEqual(figure.limit);
}

/** @param values - At least one */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
