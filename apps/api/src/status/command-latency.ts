import { Injectable } from '@nestjs/common';
import { MetricsRegistry } from '../metrics/metrics.registry.ts';
import { summarize, tally, type CommandSummary, type HistogramValue, type Tallies } from './command-tally.ts';

/** How long commands take, as the metrics have counted them. */
export interface CommandLatencies {
  /** By command, most frequent first. */
  sinceStart: CommandSummary[];
  /** All commands of the last while that this page was looked at; `null` when that has just begun. */
  recent: (CommandSummary & { seconds: number }) | null;
}

const METRIC = 'mongodb_command_duration_seconds';
/** How far back `recent` goes, in milliseconds. */
const WINDOW_MS = 300_000;
/** Least time between two counts that are kept, in milliseconds. */
const STEP_MS = 5_000;

/** Reads the histogram of the metrics. Between two looks it counts nothing itself. */
@Injectable()
export class CommandLatency {
  private readonly kept: { at: number; tallies: Tallies }[] = [];

  constructor(private readonly metrics: MetricsRegistry) {}

  async read(): Promise<CommandLatencies> {
    const metric = this.metrics.registry.getSingleMetric(METRIC);
    const { values } = (await metric?.get()) ?? { values: [] };
    const tallies = tally(values as HistogramValue[]);
    const now = performance.now();
    while (this.kept[0] && now - this.kept[0].at > WINDOW_MS) this.kept.shift();
    const [oldest] = this.kept;
    if (now - (this.kept.at(-1)?.at ?? -Infinity) >= STEP_MS) this.kept.push({ at: now, tallies });
    const seconds = oldest === undefined ? 0 : (now - oldest.at) / 1_000;
    return {
      sinceStart: summarize(tallies),
      recent:
        oldest && seconds >= 1 ? { ...total(tallies, oldest.tallies), seconds: Math.round(seconds) } : null,
    };
  }
}

function total(now: Tallies, before: Tallies): CommandSummary {
  const [summary] = summarize(now, before, () => 'all');
  return (
    summary ?? { command: 'all', count: 0, failed: 0, meanMs: null, halfWithinMs: null, mostWithinMs: null }
  );
}
