import { percentile } from '../support/figures.ts';

/** The service at one time, with the requests since the sample before. */
export interface Sample {
  atSeconds: number;
  memoryBytes: number;
  /** Open file descriptors, sockets among them. */
  handles: number;
  /** Of these, connections of clients that keep theirs open, and of the pool to the database: they come and go with the load. */
  connections: number;
  medianMs: number;
  p99Ms: number;
  /** Answers 503. */
  unavailable: number;
}

export interface Outcome {
  /** Acknowledged writes that are not there. */
  lost: number;
  odd: readonly string[];
  /** What the service has printed. */
  output: string;
  isRunning: boolean;
  traffic: TrafficCounts;
  /** How often the database was killed. */
  kills: number;
  /** What was to be done to it. */
  plan: { turns: number; kills: number };
}

/** What was asked of the service. */
export interface TrafficCounts {
  /** Requests that came about at their time, sent or skipped; without retries. */
  turns: number;
  /** Turns without a request, since too many were not answered. */
  skipped: number;
  /** To requests and their retries. */
  answers: number;
  /** Of the answers those that were 503. */
  unavailable: number;
}

export interface Verdict {
  what: string;
  /** The value, and its limit. */
  text: string;
  isMet: boolean;
}

/** Largest growth between the second fifth of the time, when it is warm, and the last one. */
const MEMORY_DRIFT = 0.15;
const MORE_HANDLES = 5;
/** Least share of the turns planned: a timer comes late on a machine that others use as well. */
const TAKEN = 0.8;
/** Largest share of turns without a request, and of answers 503: the database is away for a second or two of sixty. */
const AWAY = 0.05;

/** @param samples - Of a run that was long enough to be warm for most of it */
export function judge(
  samples: readonly Sample[],
  { lost, odd, output, isRunning, traffic, kills, plan }: Outcome,
): Verdict[] {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  const early = samples.slice(fifth, 2 * fifth);
  const late = samples.slice(-fifth);
  const median = (of: readonly Sample[], pick: (sample: Sample) => number): number =>
    percentile(of.map(pick), 0.5);
  const drift = median(late, (s) => s.memoryBytes) / median(early, (s) => s.memoryBytes) - 1;
  const others = ({ handles, connections }: Sample): number => handles - connections;
  const moreHandles = median(late, others) - median(early, others);
  const unhandled = output.match(/unhandled/gi)?.length ?? 0;
  return [
    atMost('growth of resident memory', Number(drift.toFixed(3)), MEMORY_DRIFT),
    atMost('more open files beside connections', moreHandles, MORE_HANDLES),
    atMost('acknowledged writes lost', lost, 0),
    atMost('answers other than asked for or 503', odd.length, 0),
    atMost('unhandled rejections', unhandled, 0),
    atMost('ends of the process', isRunning ? 0 : 1, 0),
    atLeast('turns taken', traffic.turns, Math.floor(plan.turns * TAKEN)),
    atMost('share of turns skipped', shareOf(traffic.skipped, traffic.turns), AWAY),
    atMost('share of answers 503', shareOf(traffic.unavailable, traffic.answers), AWAY),
    atLeast('kills of the database', kills, plan.kills),
  ];
}

function shareOf(part: number, whole: number): number {
  return Number((part / Math.max(1, whole)).toFixed(4));
}

function atMost(what: string, value: number, limit: number): Verdict {
  return { what, text: `${value}, at most ${limit}`, isMet: value <= limit };
}

function atLeast(what: string, value: number, limit: number): Verdict {
  return { what, text: `${value}, at least ${limit}`, isMet: value >= limit };
}
