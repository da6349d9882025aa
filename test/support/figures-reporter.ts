import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Config, TestResult } from '@jest/reporters';
import { FIGURES_FILE, type Figure } from './figures.ts';
import { EXPECTED_ROWS } from './rows.ts';

const ROW = /\bA\d\d\b/g;

/** Tests of one row, by what became of them. */
export interface RowTests {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Prints at the end of a run every row: its figures with their limits where it has some, else how many of its tests have passed. Fails
 * the run when of an expected row no test has run, be it that there is none or that all were skipped.
 */
// oxlint-disable-next-line import/no-default-export -- Jest asks for it
export default class FiguresReporter {
  readonly #tests = new Map<string, RowTests>();
  readonly #wanted: RegExp;
  readonly #expected = (process.env[EXPECTED_ROWS] ?? '').split(',').filter((row) => row !== '');

  constructor({ testNamePattern }: Pick<Config.GlobalConfig, 'testNamePattern'>) {
    this.#wanted = new RegExp(testNamePattern ?? '', 'i');
  }

  onRunStart(): void {
    rmSync(FIGURES_FILE, { force: true });
  }

  onTestResult(_test: unknown, { testResults }: Pick<TestResult, 'testResults'>): void {
    for (const { fullName, status } of testResults) {
      if (!this.#wanted.test(fullName)) continue;
      for (const [row] of fullName.matchAll(ROW)) {
        const tests = this.#tests.get(row) ?? { passed: 0, failed: 0, skipped: 0 };
        if (status === 'passed' || status === 'failed') tests[status] += 1;
        else tests.skipped += 1;
        this.#tests.set(row, tests);
      }
    }
  }

  onRunComplete(): void {
    const text = existsSync(FIGURES_FILE) ? readFileSync(FIGURES_FILE, 'utf8') : '';
    for (const row of this.#missing)
      this.#tests.set(row, this.#tests.get(row) ?? { passed: 0, failed: 0, skipped: 0 });
    process.stdout.write(`\n${formatRows(text, this.#tests)}`);
  }

  /** Asked by Jest after {@link onRunComplete}; an error is a failed run. */
  getLastError(): Error | undefined {
    const rows = this.#missing;
    return rows.length > 0 ? new Error(`No test has run of ${rows.join(', ')}`) : undefined;
  }

  get #missing(): string[] {
    return this.#expected.filter((row) => {
      const { passed = 0, failed = 0 } = this.#tests.get(row) ?? {};
      return passed + failed === 0;
    });
  }
}

/**
 * @param text - One figure a line, as JSON
 * @param tests - By row
 * @returns A table in the order of the rows, with a last line that counts
 */
export function formatRows(text: string, tests: ReadonlyMap<string, RowTests>): string {
  const figures = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => readFigure(line));
  const measured = new Set(figures.map(({ row }) => row));
  const lines = [
    ...worstOfEach(figures).map(formatFigure),
    ...[...tests].flatMap(([row, counts]) => formatTests(row, counts, measured.has(row))),
  ].toSorted((a, b) => a.row.localeCompare(b.row));
  const count = (verdict: Verdict): number => lines.filter((line) => line.verdict === verdict).length;
  return [
    ...lines.map(({ verdict, row, what }) => `${verdict.padEnd(7)}  ${row.padEnd(4)}  ${what}`),
    `${count('met')} met, ${count('NOT MET')} not met, ${count('skipped')} skipped`,
    '',
  ].join('\n');
}

type Verdict = 'met' | 'NOT MET' | 'skipped';

interface Line {
  verdict: Verdict;
  row: string;
  what: string;
}

/** A figure that was measured in several rounds. */
interface RoundedFigure extends Figure {
  rounds: number;
}

/** A value that is no number was never reached. */
function readFigure(line: string): Figure {
  const figure = JSON.parse(line) as Figure & { value: number | null };
  return { ...figure, value: figure.value ?? (figure.atLeast ? -Infinity : Infinity) };
}

function worstOfEach(figures: readonly Figure[]): RoundedFigure[] {
  const worst = new Map<string, RoundedFigure>();
  for (const figure of figures) {
    const key = `${figure.row} ${figure.what}`;
    const { rounds = 0, value = figure.value } = worst.get(key) ?? {};
    const pick = figure.atLeast ? Math.min : Math.max;
    worst.set(key, { ...figure, value: pick(value, figure.value), rounds: rounds + 1 });
  }
  return [...worst.values()];
}

function formatFigure({ row, what, value, unit, limit, rounds, atLeast = false }: RoundedFigure): Line {
  const measured = Number.isFinite(value) ? `${Number(value.toPrecision(4))} ${unit}`.trim() : 'never';
  const bound = `${atLeast ? 'at least' : 'at most'} ${limit} ${unit}`.trim();
  const isMet = atLeast ? value >= limit : value <= limit;
  const times = rounds > 1 ? ` (worst of ${rounds})` : '';
  return { verdict: isMet ? 'met' : 'NOT MET', row, what: `${what}${times}: ${measured}, ${bound}` };
}

/** A row whose tool is missing has skipped tests only, and one without tests is not met. */
function formatTests(row: string, { passed, failed, skipped }: RowTests, isMeasured: boolean): Line[] {
  const left: Line[] = skipped > 0 ? [{ verdict: 'skipped', row, what: `${skipped} tests` }] : [];
  if (failed > 0)
    return [{ verdict: 'NOT MET', row, what: `${failed} of ${failed + passed} tests have failed` }, ...left];
  if (passed > 0 && isMeasured) return left;
  if (passed > 0) return [{ verdict: 'met', row, what: `${passed} tests` }, ...left];
  if (skipped > 0) return left;
  return [{ verdict: 'NOT MET', row, what: 'no test of it has run' }];
}
