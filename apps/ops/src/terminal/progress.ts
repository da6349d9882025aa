import { MultiBar, type SingleBar } from 'cli-progress';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import { printable } from './table.ts';

export type ProgressUnit = 'documents' | 'rows' | 'bytes';

export interface ProgressBar {
  /** @param done - Units since the start, not since the last call; may be called as often as one likes */
  update(done: number): void;
  /** The work is at its end. @param done - Units in all; without it the last figure stays */
  finish(done?: number): void;
}

export interface Progress {
  /** @param total - Units in all, or `undefined` when nobody knows */
  bar(name: string, total: number | undefined, unit: ProgressUnit): ProgressBar;
  /** One line for people; with `--json` an event. */
  note(text: string): void;
  /** Leaves the terminal as it was found. Bars that were not finished stay as they are. May be called twice. */
  stop(): void;
}

export interface ProgressOptions {
  /** Events on `output` in place of bars on `stream`. */
  isJson: boolean;
  stream?: NodeJS.WriteStream;
  output?: NodeJS.WritableStream;
}

const EVENT_INTERVAL_MS = 500;
const BAR_SIZE = 20;
const NAME_SIZE = 24;

/**
 * Shows how far the work is. On a terminal: bars with rate and time left; without one: a line at the end of each; with `--json`:
 * lines such as `{"event":"progress","name":"contacts","done":500,"total":1000,"unit":"documents"}`, at most two a second per bar,
 * and one at its end.
 */
export function openProgress({
  isJson,
  stream = process.stderr,
  output = process.stdout,
}: ProgressOptions): Progress {
  if (isJson) return eventProgress(output);
  return stream.isTTY ? barProgress(stream) : lineProgress(stream);
}

function eventProgress(output: NodeJS.WritableStream): Progress {
  const write = (event: object) => output.write(`${JSON.stringify(event)}\n`);
  return {
    bar(name, total, unit) {
      let [last, nextAt, isFinished] = [0, performance.now() + EVENT_INTERVAL_MS, false];
      const report = () => write({ event: 'progress', name, done: last, total: total ?? null, unit });
      return {
        update(done) {
          last = done;
          if (isFinished || performance.now() < nextAt) return;
          nextAt = performance.now() + EVENT_INTERVAL_MS;
          report();
        },
        finish(done = last) {
          if (isFinished) return;
          [last, isFinished] = [done, true];
          report();
        },
      };
    },
    note: (text) => write({ event: 'note', text }),
    stop: () => undefined,
  };
}

function lineProgress(stream: NodeJS.WritableStream): Progress {
  return {
    bar(name, _total, unit) {
      const startedAt = performance.now();
      let [last, isFinished] = [0, false];
      return {
        update: (done) => (last = done),
        finish(done = last) {
          if (isFinished) return;
          isFinished = true;
          stream.write(`${printable(name)}: ${summary(done, unit, performance.now() - startedAt)}\n`);
        },
      };
    },
    note: (text) => stream.write(`${text}\n`),
    stop: () => undefined,
  };
}

function barProgress(stream: NodeJS.WriteStream): Progress {
  const bars = new MultiBar({
    stream,
    fps: 4,
    barsize: BAR_SIZE,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    emptyOnZero: true,
    format: (options, { progress }, payload: BarState) => {
      const filled = Math.round(progress * BAR_SIZE);
      const bar = `${options.barCompleteString?.slice(0, filled)}${options.barIncompleteString?.slice(filled, BAR_SIZE)}`;
      return describe(payload, bar).slice(0, Math.max(1, stream.columns - 1));
    },
  });
  let isStopped = false;
  return {
    bar(name, total, unit) {
      const state: BarState = { name, total, unit, done: 0, startedAt: performance.now() };
      const bar: SingleBar = bars.create(total ?? 0, 0, state);
      return {
        update(done) {
          if (state.elapsedMs !== undefined) return;
          state.done = done;
          bar.update(Math.min(done, total ?? 0));
        },
        finish(done = state.done) {
          state.elapsedMs ??= performance.now() - state.startedAt;
          state.done = done;
          if (total === undefined) bar.setTotal(done);
          bar.update(done);
        },
      };
    },
    note(text) {
      // The lines above the bars are written at the next drawing, and at once where there is none.
      if (bars.isActive) bars.log(`${text}\n`);
      else stream.write(`${text}\n`);
    },
    stop() {
      if (isStopped) return;
      isStopped = true;
      if (!bars.isActive) return;
      bars.update();
      bars.stop();
    },
  };
}

interface BarState {
  name: string;
  total: number | undefined;
  unit: ProgressUnit;
  done: number;
  startedAt: number;
  /** Once it is finished. */
  elapsedMs?: number;
}

/** `contacts  ████░░░░  42 %  420 of 1,000 documents  210/s  3.0 s left` */
function describe({ name, total, unit, done, startedAt, elapsedMs }: BarState, bar: string): string {
  const label = printable(name).slice(0, NAME_SIZE).padEnd(NAME_SIZE);
  if (elapsedMs !== undefined) return `${label} ${bar} ${summary(done, unit, elapsedMs)}`;
  const spentMs = performance.now() - startedAt;
  const rate = done / (spentMs / 1_000);
  const speed = `${amount(rate, unit)}/s`;
  if (total === undefined) return `${label} ${quantity(done, unit)}  ${speed}`;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const left = rate > 0 ? `  ${formatDuration(Math.max(0, (total - done) / rate) * 1_000)} left` : '';
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `${label} ${bar} ${percent} %  ${amount(done, unit)} of ${quantity(total, unit)}  ${speed}${left}`;
}

/** `1,000 documents in 4.8 s, 208/s` */
function summary(done: number, unit: ProgressUnit, elapsedMs: number): string {
  const rate = done / (Math.max(1, elapsedMs) / 1_000);
  return `${quantity(done, unit)} in ${formatDuration(elapsedMs)}, ${amount(rate, unit)}/s`;
}

function quantity(count: number, unit: ProgressUnit): string {
  return unit === 'bytes' ? formatBytes(count) : `${formatCount(count)} ${unit}`;
}

function amount(count: number, unit: ProgressUnit): string {
  return unit === 'bytes' ? formatBytes(count) : formatCount(count);
}
