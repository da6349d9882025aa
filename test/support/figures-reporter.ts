import { existsSync, readFileSync, rmSync } from 'node:fs';
import { FIGURES_FILE, type Figure } from './figures.ts';

/** Prints at the end of a run every figure that it has measured: its row, its limit, and whether that was met. */
// oxlint-disable-next-line import/no-default-export -- Jest asks for it
export default class FiguresReporter {
  onRunStart(): void {
    rmSync(FIGURES_FILE, { force: true });
  }

  onRunComplete(): void {
    if (existsSync(FIGURES_FILE))
      process.stdout.write(`\n${formatFigures(readFileSync(FIGURES_FILE, 'utf8'))}`);
  }
}

/**
 * @param text - One figure a line, as JSON
 * @returns A table in the order of the rows, with a last line that counts
 */
export function formatFigures(text: string): string {
  const figures = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Figure)
    .toSorted((a, b) => a.row.localeCompare(b.row));
  const lines = figures.map((figure) => {
    const { row, what, value, unit, limit, atLeast = false } = figure;
    const measured = `${Number(value.toPrecision(4))} ${unit}`.trim();
    const bound = `${atLeast ? 'at least' : 'at most'} ${limit} ${unit}`.trim();
    return `${isMet(figure) ? 'met    ' : 'NOT MET'}  ${row.padEnd(8)}  ${what}: ${measured}, ${bound}`;
  });
  const unmet = figures.filter((figure) => !isMet(figure)).length;
  return [...lines, `${figures.length - unmet} figures met, ${unmet} not met`, ''].join('\n');
}

function isMet({ value, limit, atLeast = false }: Figure): boolean {
  return atLeast ? value >= limit : value <= limit;
}
