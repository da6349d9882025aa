/** One line of a panel: its values stand at the times of the plot. */
export interface Series {
  name: string;
  values: readonly number[];
}

/** A part of the plot with a scale of its own, from 0 to its largest value. */
export interface Panel {
  title: string;
  unit: string;
  series: readonly Series[];
}

const WIDTH = 900;
const PANEL_HEIGHT = 150;
const LEFT = 70;
const RIGHT = 20;
const TOP = 30;
const GAP = 40;
const COLOURS = ['#1f6feb', '#d1242f', '#1a7f37', '#8250df'];

/**
 * Draws panels below each other over one time axis.
 *
 * @param times - Seconds, ascending; at least two
 * @param marks - Seconds at which something happened; a dotted line each
 * @returns An SVG document
 */
export function plot(
  times: readonly number[],
  panels: readonly Panel[],
  marks: readonly number[] = [],
): string {
  const end = times.at(-1) ?? 1;
  const x = (time: number): number => LEFT + (time / end) * (WIDTH - LEFT - RIGHT);
  const height = TOP + panels.length * (PANEL_HEIGHT + GAP);
  const parts = panels.map((panel, index) => {
    const top = TOP + index * (PANEL_HEIGHT + GAP);
    return drawPanel(panel, { times, marks, x, top });
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...parts,
    `<text x="${WIDTH - RIGHT}" y="${height - 8}" text-anchor="end">${end.toFixed(0)} s</text>`,
    '</svg>\n',
  ].join('\n');
}

interface Frame {
  times: readonly number[];
  marks: readonly number[];
  x: (time: number) => number;
  top: number;
}

function drawPanel({ title, unit, series }: Panel, { times, marks, x, top }: Frame): string {
  const bottom = top + PANEL_HEIGHT;
  const largest = Math.max(1e-9, ...series.flatMap(({ values }) => values.filter(Number.isFinite)));
  const y = (value: number): number => bottom - (value / largest) * PANEL_HEIGHT;
  const lines = series.map(({ values }, index) => {
    const points = times.flatMap((time, at) => {
      const value = values[at];
      return value === undefined || !Number.isFinite(value)
        ? []
        : [`${x(time).toFixed(1)},${y(value).toFixed(1)}`];
    });
    return `<polyline fill="none" stroke="${colour(index)}" stroke-width="1.5" points="${points.join(' ')}"/>`;
  });
  const names = series.map(
    ({ name }, index) =>
      `<text x="${LEFT + 200 + index * 130}" y="${top - 8}" fill="${colour(index)}">${escaped(name)}</text>`,
  );
  return [
    `<text x="${LEFT}" y="${top - 8}" font-weight="bold">${escaped(title)}</text>`,
    ...names,
    ...marks.map(
      (at) => `<path d="M${x(at).toFixed(1)} ${top}V${bottom}" stroke="#999" stroke-dasharray="2 3"/>`,
    ),
    `<path d="M${LEFT} ${top}V${bottom}H${WIDTH - RIGHT}" fill="none" stroke="#333"/>`,
    `<text x="${LEFT - 6}" y="${top + 10}" text-anchor="end">${Number(largest.toPrecision(3))} ${escaped(unit)}</text>`,
    `<text x="${LEFT - 6}" y="${bottom}" text-anchor="end">0</text>`,
    ...lines,
  ].join('\n');
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#000';
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
