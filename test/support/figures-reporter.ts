import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Config, TestResult } from '@jest/reporters';
import { FIGURES_FILE, type Figure } from './figures.ts';

const ROW = /\bA\d\d\b/g;

/** Tests of one row, by what became of them. */
export interface RowTests {
  passed: number;
  failed: number;
  skipped: number;
}

/** Prints at the end of a run every row: its figures with their limits where it has some, else how many of its tests have passed. */
// oxlint-disable-next-line import/no-default-export -- Jest asks for it
export default class FiguresReporter {
  readonly #tests = new Map<string, RowTests>();
  readonly #wanted: RegExp;

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
    process.stdout.write(`\n${formatRows(text, this.#tests)}`);
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
    .map((line) => JSON.parse(line) as Figure);
  const measured = new Set(figures.map(({ row }) => row));
  const lines = [
    ...figures.map(formatFigure),
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

function formatFigure({ row, what, value, unit, limit, atLeast = false }: Figure): Line {
  const measured = `${Number(value.toPrecision(4))} ${unit}`.trim();
  const bound = `${atLeast ? 'at least' : 'at most'} ${limit} ${unit}`.trim();
  const isMet = atLeast ? value >= limit : value <= limit;
  return { verdict: isMet ? 'met' : 'NOT MET', row, what: `${what}: ${measured}, ${bound}` };
}

/** A row whose tool is missing has skipped tests only. */
function formatTests(row: string, { passed, failed, skipped }: RowTests, isMeasured: boolean): Line[] {
  if (failed > 0)
    return [{ verdict: 'NOT MET', row, what: `${failed} of ${failed + passed} tests have failed` }];
  if (passed > 0) return isMeasured ? [] : [{ verdict: 'met', row, what: `${passed} tests` }];
  return [{ verdict: 'skipped', row, what: `${skipped} tests` }];
}
