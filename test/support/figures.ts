import { appendFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PATIENCE_MS } from './wait-until.ts';

const FOLDER = resolve(import.meta.dirname, '../../reports');
/** One JSON object a line, for the table that is printed at the end of a run. */
export const FIGURES_FILE = join(FOLDER, 'figures.jsonl');

/** Set while rows run one after the other, with nothing beside them. */
export const ALONE = 'FIGURES_ALONE';
const IS_ALONE = process.env[ALONE] !== undefined;

/** How often a row of seconds is measured; each of them has to meet its limit. */
export const ROUNDS: readonly number[] = IS_ALONE ? [1, 2, 3, 4, 5] : [1];

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
  else expect(figure.value).toBeLessThanOrEqual(IS_ALONE ? figure.limit : limitBesideOthers(figure));
}

/** Beside other tests on the same processors a time says little: then only what does not seem to end is a failure. */
function limitBesideOthers({ limit, unit }: Figure): number {
  if (unit === 'ms') return Math.max(limit, PATIENCE_MS);
  return unit === 's' ? Math.max(limit, PATIENCE_MS / 1_000) : limit;
}

/** @param values - At least one */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
