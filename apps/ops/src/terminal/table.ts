import Table from 'cli-table3';

export interface Column {
  title: string;
  /** Numbers stand to the right. */
  align?: 'left' | 'right';
  /** Text that is cut into lines where the table would not fit; other columns keep their width. */
  isWrapped?: boolean;
}

export type Cell = string | number | bigint | boolean | null | undefined;

const GAP = 2;
/** No column becomes narrower. */
const LEAST_WIDTH = 8;
const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

/** Width of the terminal in characters; a pipe or a file has none, and gets whole lines. */
export function terminalWidth(stream: { columns?: number } = process.stdout): number {
  return stream.columns ?? Number.POSITIVE_INFINITY;
}

/**
 * A table of text, with one line per row where the terminal is wide enough.
 *
 * @param rows - Cells in the order of the columns; nothing to show is `null` or `undefined`
 * @param width - In characters; `Infinity` cuts nothing
 * @returns Lines that end in a line break
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width = terminalWidth(),
): string {
  const cells = rows.map((row) => columns.map((_, index) => printable(row[index])));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((row) => (row[index] ?? '').length)),
  );
  const fitted = fit(columns, widths, width);
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align = 'left' }) => align),
    colWidths: fitted.map((columnWidth) => columnWidth + GAP),
    wordWrap: true,
    wrapOnWordBoundary: true,
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  });
  table.push(...cells.map((row) => row.map((cell, index) => breakWords(cell, fitted[index] ?? cell.length))));
  return table
    .toString()
    .split('\n')
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Takes what is too much from the widest wrapped column, as long as there is one. */
function fit(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, each) => sum + each + GAP, 0) - GAP;
  while (total() > width) {
    const candidates = widths.map((each, index) => (columns[index]?.isWrapped ? each : 0));
    const widest = Math.max(...candidates);
    if (widest <= LEAST_WIDTH) break;
    widths[candidates.indexOf(widest)] = widest - 1;
  }
  return widths;
}

/** A word that is longer than its column would be cut off. */
function breakWords(text: string, width: number): string {
  return text.length <= width ? text : text.replaceAll(new RegExp(`\\S{${width}}(?=\\S)`, 'g'), '$&\n');
}

/** Names come from the database: what would move the cursor or colour the screen is shown as a code. */
export function printable(cell: Cell): string {
  return String(cell ?? '').replaceAll(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
