import { formatSpread, spreadOf, type Spread } from '../support/paired.ts';
import { AGAIN, BASE, SUBJECT, WAYS } from './contestant.ts';
import type { Figures } from './turns.ts';

const SHOWN_CPU = [AGAIN, SUBJECT];

/** Figures of one operation with a number of callers. */
export interface Cell {
  operation: string;
  callers: number;
  /** Of one call. */
  documents: number;
  goal: number;
  /** By contestant, one a round. */
  figures: Record<string, Figures[]>;
}

export interface Verdict {
  name: string;
  goal: number;
  ratio: Spread;
  isMet: boolean;
}

/** How many times as fast as the raw driver, round by round. */
export function speedOf({ figures }: Cell, name: string): Spread {
  return ratioToBase(figures, name, ({ callsPerSecond }) => callsPerSecond);
}

/** How many times the processor time of the raw driver, round by round; steadier than the speed on a busy machine. */
export function cpuOf({ figures }: Cell, name: string): Spread {
  return ratioToBase(figures, name, ({ cpuMicros }) => cpuMicros);
}

/** Whether the goals are met. Without figures a goal is not. */
export function judge(cells: Cell[]): Verdict[] {
  return cells.map((cell) => {
    const ratio = speedOf(cell, SUBJECT);
    const name = `${cell.operation}, ${cell.callers === 1 ? '1 caller' : `${cell.callers} callers`}`;
    return { name, goal: cell.goal, ratio, isMet: ratio.median >= cell.goal };
  });
}

export function printResults(cells: Cell[], verdicts: Verdict[], rounds: number): void {
  process.stdout.write(
    `\nrepository: ${rounds} rounds, median [min..max]; speed as a multiple of the raw driver's (above 1 is better), ` +
      `and processor time likewise (below 1 is better)\n`,
  );
  console.table(cells.map(toRow));
  for (const { name, ratio, goal, isMet } of verdicts) {
    const outcome = isMet ? 'met' : 'NOT met';
    const values = Number.isNaN(ratio.median) ? 'not measured' : formatSpread(ratio, 2);
    process.stdout.write(`${outcome}: ${name}: ${SUBJECT} / ${BASE} = ${values}, goal >= ${goal}\n`);
  }
}

function toRow(cell: Cell): Record<string, string | number> {
  const base = spreadOf((cell.figures[BASE] ?? []).map(({ callsPerSecond }) => callsPerSecond));
  const others = Object.keys(WAYS).filter((name) => name !== BASE);
  return {
    operation: cell.operation,
    callers: cell.callers,
    [`${BASE}, calls/s`]: Number(base.median.toPrecision(3)),
    ...Object.fromEntries(others.map((name) => [name, shown(speedOf(cell, name))])),
    ...Object.fromEntries(SHOWN_CPU.map((name) => [`${name}, cpu`, shown(cpuOf(cell, name))])),
  };
}

function shown(spread: Spread): string {
  return Number.isNaN(spread.median) ? '-' : formatSpread(spread, 2);
}

function ratioToBase(figures: Cell['figures'], name: string, value: (figures: Figures) => number): Spread {
  const base = figures[BASE] ?? [];
  return spreadOf(
    (figures[name] ?? []).flatMap((own, round) => {
      const other = base[round];
      return other === undefined ? [] : value(own) / value(other);
    }),
  );
}
