import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, resolve } from 'node:path';

/** One of the things compared. */
export interface Variant {
  name: string;
  /** Runs it once, proves that it did the work, and returns a figure in `unit`. */
  run: () => Promise<number>;
}

/** A quotient that this project promises. */
export interface Goal {
  name: string;
  over: string;
  atLeast: number;
}

export interface Comparison {
  title: string;
  unit: string;
  /** With `lower`, the ratio is turned round: above 1 is always better. */
  better: 'higher' | 'lower';
  /** The first is the base of the table. Two that are the same show the noise. */
  variants: Variant[];
  goals: Goal[];
  rounds: number;
}

/** Several figures in short: a single one says little on a machine that does other work as well. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

interface Report {
  title: string;
  unit: string;
  rounds: number;
  figures: Record<string, number[]>;
  goals: { goal: Goal; ratio: Spread; isMet: boolean }[];
}

const REPORTS = resolve(import.meta.dirname, '../../reports');

/**
 * Compares in rounds: in each, every variant runs once, in an order that rotates, and the ratio is taken within the round. So a
 * machine that is slow for a while is slow for all of them.
 */
export async function compare(comparison: Comparison): Promise<void> {
  const { title, unit, variants, goals, rounds } = comparison;
  const figures: Report['figures'] = Object.fromEntries(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, run } of rotated(variants, round)) figures[name]?.push(await run());
    if (process.stderr.isTTY) process.stderr.write(`\r${title}: round ${round + 1} of ${rounds} `);
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  const results = goals.map((goal) => {
    const ratio = spreadOf(ratios(comparison, figures, goal.name, goal.over));
    return { goal, ratio, isMet: ratio.median >= goal.atLeast };
  });
  print(comparison, figures, results);
  const report: Report = { title, unit, rounds, figures, goals: results };
  await saveReport(title, report);
}

/** A list that begins at another place each round. */
export function rotated<T>(list: readonly T[], round: number): T[] {
  const start = ((round % list.length) + list.length) % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

function ratios({ better }: Comparison, figures: Report['figures'], name: string, over: string): number[] {
  const base = figures[over] ?? [];
  return (figures[name] ?? []).map((figure, round) => {
    const other = base[round] ?? Number.NaN;
    return better === 'higher' ? figure / other : other / figure;
  });
}

/** Median, least and greatest. */
export function spreadOf(numbers: number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

function print(comparison: Comparison, figures: Report['figures'], goals: Report['goals']): void {
  const { title, unit, better, rounds, variants } = comparison;
  const base = variants[0]?.name ?? '';
  const rows = variants.map(({ name }) => ({
    variant: name,
    [`${unit} (${better} is better)`]: formatSpread(spreadOf(figures[name] ?? []), 0),
    [`ratio to ${base}`]: formatSpread(spreadOf(ratios(comparison, figures, name, base)), 2),
  }));
  process.stdout.write(`\n${title}: ${rounds} rounds, median [min..max]; a ratio above 1 is better\n`);
  console.table(rows);
  for (const { goal, ratio, isMet } of goals) {
    const verdict = isMet ? 'met' : 'NOT met';
    process.stdout.write(
      `${verdict}: ${goal.name} / ${goal.over} = ${formatSpread(ratio, 2)}, goal >= ${goal.atLeast}\n`,
    );
  }
}

/** As `1.02 [0.97..1.10]`. */
export function formatSpread({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)}..${max.toFixed(digits)}]`;
}

/** Keeps every figure of a bench in `reports/`, with the time and the machine. */
export async function saveReport(title: string, report: object): Promise<void> {
  const path = resolve(REPORTS, `bench-${title.replaceAll(/\W+/g, '-')}.json`);
  await mkdir(dirname(path), { recursive: true });
  const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model };
  await writeFile(path, `${JSON.stringify({ at: new Date().toISOString(), machine, ...report }, null, 2)}\n`);
}
