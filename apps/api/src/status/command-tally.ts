/** One value of a Prometheus histogram, as `prom-client` gives it. */
export interface HistogramValue {
  metricName?: string;
  labels: Partial<Record<'command' | 'outcome' | 'le', string | number>>;
  value: number;
}

/** What one command did, with one outcome. */
interface Tally {
  command: string;
  isFailure: boolean;
  count: number;
  sumSeconds: number;
  /** Number of observations up to each bound in seconds, each including those before. */
  upTo: Map<number, number>;
}

/** By command and outcome. */
export type Tallies = Map<string, Tally>;

/** How long a command takes. */
export interface CommandSummary {
  command: string;
  count: number;
  failed: number;
  /** `null` without an observation. */
  meanMs: number | null;
  /** Half of them took at most so long: a bound of the histogram, not an estimate. `null` above its last bound. */
  halfWithinMs: number | null;
  /** 99 of 100 took at most so long. */
  mostWithinMs: number | null;
}

/** Reads the values of a histogram with the labels `command` and `outcome`. */
export function tally(values: readonly HistogramValue[]): Tallies {
  const tallies: Tallies = new Map();
  for (const { metricName = '', labels, value } of values) {
    const { command = '', outcome = '', le } = labels;
    const key = `${command} ${outcome}`;
    const found = tallies.get(key) ?? emptyTally(String(command), outcome === 'failure');
    tallies.set(key, found);
    if (metricName.endsWith('_count')) found.count = value;
    else if (metricName.endsWith('_sum')) found.sumSeconds = value;
    else if (typeof le === 'number') found.upTo.set(le, value);
  }
  return tallies;
}

/**
 * Joins the outcomes of each command, the most frequent one first.
 *
 * @param before - What had been counted earlier, and is left out
 * @param nameOf - Commands of the same name are taken together
 */
export function summarize(
  tallies: Tallies,
  before: Tallies = new Map(),
  nameOf = (command: string): string => command,
): CommandSummary[] {
  const joined = new Map<string, Tally & { failed: number }>();
  for (const [key, one] of tallies) {
    const name = nameOf(one.command);
    const sum = joined.get(name) ?? { ...emptyTally(name, false), failed: 0 };
    joined.set(name, sum);
    const earlier = before.get(key);
    const count = one.count - (earlier?.count ?? 0);
    sum.count += count;
    sum.sumSeconds += one.sumSeconds - (earlier?.sumSeconds ?? 0);
    if (one.isFailure) sum.failed += count;
    for (const [bound, value] of one.upTo) {
      sum.upTo.set(bound, (sum.upTo.get(bound) ?? 0) + value - (earlier?.upTo.get(bound) ?? 0));
    }
  }
  return [...joined.values()].map(toSummary).toSorted((a, b) => b.count - a.count);
}

function toSummary(sum: Tally & { failed: number }): CommandSummary {
  return {
    command: sum.command,
    count: sum.count,
    failed: sum.failed,
    meanMs: sum.count === 0 ? null : Math.round((sum.sumSeconds / sum.count) * 100_000) / 100,
    halfWithinMs: boundOf(sum, 0.5),
    mostWithinMs: boundOf(sum, 0.99),
  };
}

/** The first bound that holds this share of the observations, in milliseconds. */
function boundOf({ count, upTo }: Tally, share: number): number | null {
  if (count === 0) return null;
  const bounds = [...upTo.keys()].toSorted((a, b) => a - b);
  const bound = bounds.find((candidate) => (upTo.get(candidate) ?? 0) >= share * count);
  return bound === undefined ? null : bound * 1_000;
}

function emptyTally(command: string, isFailure: boolean): Tally {
  return { command, isFailure, count: 0, sumSeconds: 0, upTo: new Map() };
}
