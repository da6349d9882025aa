import { byId, draw, number, setRows, setText } from './dom.js';
import { clock, duration, milliseconds, plural } from './format.js';

const HEIGHT = 170;
const MARGIN = { top: 10, right: 4, bottom: 24, left: 56 };
/** Upper ends of the scale that read well, in milliseconds. */
const SCALES = [2, 4, 10, 20, 40, 100, 200, 400, 1_000, 2_000, 5_000];
const ROW_SECONDS = 30;

/**
 * @typedef {{ slotMs: number; isConnected: (boolean | null)[]; latencyMs: (number | null)[] }} Trace
 */

/**
 * Draws the last minutes, and says the same as a sentence and as a table.
 *
 * @param {Trace} trace
 * @param {Date} end - The moment of the right edge
 */
export function showHistory({ slotMs, isConnected, latencyMs }, end) {
  // A slot with an outage is shown as that, and not as the slow first check after it.
  const calm = latencyMs.map((value, i) => (isConnected[i] === true ? value : null));
  const trace = { slotMs, isConnected, latencyMs: calm };
  const svg = byId('chart');
  const width = Math.max(280, Math.round(svg.getBoundingClientRect().width));
  svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
  svg.replaceChildren(...drawing(trace, width));
  setText('chart-summary', summarize(trace));
  setRows('history-rows', tableRows(trace, end), 'No data yet');
}

/** @param {Trace} trace */
function summarize({ slotMs, isConnected, latencyMs }) {
  const known = isConnected.filter((state) => state !== null).length;
  if (known === 0) return 'Nothing is known of the last five minutes.';
  const away = runs(isConnected, (state) => state === false);
  const seconds = away.reduce((sum, { length }) => sum + length, 0) * (slotMs / 1_000);
  const slowest = Math.max(0, ...latencyMs);
  const span = known < isConnected.length ? ` the ${duration((known * slotMs) / 1_000)} on record` : '';
  const times = away.length === 1 ? 'once' : plural(away.length, 'time');
  const state =
    away.length === 0
      ? `Connected throughout${span}`
      : `Away ${times}, up to ${duration(seconds)} in all${span && ` of${span}`}`;
  if (slowest === 0) return `${state}.`;
  const when = away.length === 0 ? 'the' : 'otherwise the';
  return `${state}; ${when} slowest check took ${milliseconds(slowest)}.`;
}

/**
 * @param {Trace} trace
 * @param {Date} end
 */
function tableRows({ slotMs, isConnected, latencyMs }, end) {
  const size = (ROW_SECONDS * 1_000) / slotMs;
  const rows = [];
  for (let to = isConnected.length; to > 0; to -= size) {
    const states = isConnected.slice(to - size, to);
    if (states.every((state) => state === null)) continue;
    const away = states.filter((state) => state === false).length * (slotMs / 1_000);
    const slowest = Math.max(-1, ...latencyMs.slice(to - size, to).map((value) => value ?? -1));
    const until = new Date(end.getTime() - (isConnected.length - to) * slotMs);
    const from = new Date(until.getTime() - ROW_SECONDS * 1_000);
    rows.push([
      `${clock(from)} – ${clock(until)}`,
      away === 0 ? 'Connected' : `Away for up to ${duration(away)}`,
      number(slowest < 0 ? '–' : milliseconds(slowest)),
    ]);
  }
  return rows;
}

/**
 * @param {Trace} trace
 * @param {number} width
 */
function drawing({ slotMs, isConnected, latencyMs }, width) {
  const bottom = HEIGHT - MARGIN.bottom;
  const highest = Math.max(...latencyMs);
  const top = SCALES.find((end) => end >= highest) ?? highest;
  const step = (width - MARGIN.left - MARGIN.right) / isConnected.length;
  const x = (/** @type {number} */ slot) => MARGIN.left + slot * step;
  const y = (/** @type {number} */ value) => bottom - (value / top) * (bottom - MARGIN.top);
  return [
    drawHatch(),
    ...drawScale(top, y, width),
    ...drawMinutes(width < 480 ? 2 : 1, isConnected.length, slotMs, x, bottom),
    ...runs(isConnected, (state) => state === null).map(({ start, length }) =>
      draw('line', { x1: x(start), x2: x(start + length), y1: bottom, y2: bottom, class: 'none' }),
    ),
    ...runs(isConnected, (state) => state === false).flatMap(({ start, length }) =>
      drawAway(x(start), length * step, bottom),
    ),
    ...runs(latencyMs, (value) => value !== null).flatMap(({ start, length }) => {
      const values = latencyMs.slice(start, start + length);
      return drawLine(
        values.map((value, i) => [x(start + i + 0.5), y(value)]),
        bottom,
      );
    }),
  ];
}

/**
 * @param {number} top
 * @param {(value: number) => number} y
 * @param {number} width
 */
function drawScale(top, y, width) {
  return [0, top / 2, top].flatMap((value) => [
    draw('line', { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value), class: 'grid' }),
    draw('text', { x: MARGIN.left - 8, y: y(value) + 4, 'text-anchor': 'end' }, milliseconds(value)),
  ]);
}

/**
 * @param {number} every - Minutes from one label to the next
 * @param {number} slots
 * @param {number} slotMs
 * @param {(slot: number) => number} x
 * @param {number} bottom
 */
function drawMinutes(every, slots, slotMs, x, bottom) {
  const inAMinute = 60_000 / slotMs;
  const ago = Array.from({ length: Math.floor(slots / inAMinute / every) + 1 }, (_, i) => i * every);
  return ago.map((i) => {
    const anchor = i === 0 ? 'end' : i * inAMinute === slots ? 'start' : 'middle';
    const label = i === 0 ? 'now' : `−${i} min`;
    return draw('text', { x: x(slots - i * inAMinute), y: bottom + 18, 'text-anchor': anchor }, label);
  });
}

/**
 * @param {number} left
 * @param {number} width
 * @param {number} bottom
 */
function drawAway(left, width, bottom) {
  const height = bottom - MARGIN.top;
  const band = draw('rect', { x: left, y: MARGIN.top, width, height, class: 'away', fill: 'url(#hatch)' });
  const edge = draw('line', { x1: left, x2: left + width, y1: bottom, y2: bottom, class: 'away-edge' });
  if (width < 44) return [band, edge];
  const middle = left + width / 2;
  const label = draw(
    'text',
    { x: middle, y: MARGIN.top + height / 2 + 4, 'text-anchor': 'middle', class: 'away-label' },
    'away',
  );
  return [band, edge, label];
}

/**
 * @param {number[][]} points
 * @param {number} bottom
 */
function drawLine(points, bottom) {
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const [first] = points[0];
  const [last] = points[points.length - 1];
  if (points.length === 1) return [draw('circle', { cx: first, cy: points[0][1], r: 2, class: 'dot' })];
  return [
    draw('polygon', { points: `${first},${bottom} ${path} ${last},${bottom}`, class: 'area' }),
    draw('polyline', { points: path, class: 'line' }),
  ];
}

function drawHatch() {
  const stripe = draw('path', { d: 'M-2 2l4-4M0 8l8-8M6 10l4-4', class: 'hatch' });
  return draw(
    'defs',
    {},
    draw('pattern', { id: 'hatch', width: 8, height: 8, patternUnits: 'userSpaceOnUse' }, stripe),
  );
}

/**
 * Stretches of neighbours that fit.
 *
 * @template T
 * @param {T[]} values
 * @param {(value: T) => boolean} fits
 */
function runs(values, fits) {
  const found = [];
  for (const [i, value] of values.entries()) {
    if (!fits(value)) continue;
    const last = found[found.length - 1];
    if (last !== undefined && last.start + last.length === i) last.length += 1;
    else found.push({ start: i, length: 1 });
  }
  return found;
}
