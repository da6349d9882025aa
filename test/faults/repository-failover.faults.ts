import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseConnection } from '#database';
import { Logger } from '@nestjs/common';
import { expectFigure } from '../support/figures.ts';
import { ReplicaSet } from '../support/replica-set.ts';
import { connectEntries, Load, type EntryRepository } from './repository-load.ts';

/** MongoDB's default, which a set in production has. */
const ELECTION_TIMEOUT_MS = 10_000;
const GAP_LIMIT_MS = 15_000;

let set: ReplicaSet;
let connection: DatabaseConnection;
let entries: EntryRepository;
beforeEach(async () => {
  Logger.overrideLogger(false);
  set = await ReplicaSet.start(3, { electionTimeoutMillis: ELECTION_TIMEOUT_MS });
}, 60_000);
afterEach(async () => {
  await connection?.close();
  await set?.stop();
  Logger.overrideLogger(true);
});

async function open(environment: Record<string, string> = {}): Promise<void> {
  ({ connection, entries } = await connectEntries(set.uri('faults'), environment));
}

/** What a load must not have: lost or doubled writes, and lines that a later read did not find. */
async function expectNothingLost(row: string, load: Load): Promise<void> {
  const { lost, doubled } = await load.compare(entries);
  expectFigure({
    row,
    what: 'acknowledged writes',
    value: load.acknowledged.length,
    unit: '',
    limit: 100,
    atLeast: true,
  });
  expectFigure({ row, what: 'acknowledged writes lost', value: lost, unit: '', limit: 0 });
  expectFigure({ row, what: 'writes done twice', value: doubled, unit: '', limit: 0 });
  expect(load.missed).toEqual([]);
  expect(load.reads).toBeGreaterThan(100);
}

async function stepDownUnderLoad(force: boolean): Promise<Load> {
  const load = await Load.start(entries);
  await sleep(2_000);
  const primary = await set.primary();
  await primary.command({ replSetStepDown: 30, secondaryCatchUpPeriodSecs: 5, force });
  await set.primary();
  await sleep(4_000);
  await load.stop();
  return load;
}

function expectNotSeen(what: string, load: Load): void {
  expect(load.failures).toEqual([]);
  expectFigure({
    row: 'A08',
    what: `${what}: errors to callers`,
    value: load.failures.length,
    unit: '',
    limit: 0,
  });
  expectFigure({
    row: 'A08',
    what: `${what}: longest time without a write`,
    value: load.longestGapMs,
    unit: 'ms',
    limit: GAP_LIMIT_MS,
  });
}

it('A08: a step-down is neither seen by callers nor loses a write', async () => {
  await open();
  const load = await stepDownUnderLoad(false);
  expectNotSeen('step-down', load);
  await expectNothingLost('A08', load);
});

it('A08: nor does one by force, where nobody is handed the lead, when calls may wait as long as the election takes', async () => {
  await open({ MONGODB_SERVER_SELECTION_TIMEOUT_MS: '15000' });
  const load = await stepDownUnderLoad(true);
  expectNotSeen('forced', load);
  await expectNothingLost('A08', load);
});

it('A09: a killed primary loses no acknowledged write, and each error says that the database is away', async () => {
  await open();
  const load = await Load.start(entries);
  await sleep(2_000);
  await set.kill(await set.primary());
  await set.primary();
  await sleep(4_000);
  await load.stop();
  expect(load.unnamedFailures).toEqual([]);
  expectFigure({
    row: 'A09',
    what: 'errors other than "unavailable"',
    value: load.unnamedFailures.length,
    unit: '',
    limit: 0,
  });
  expectFigure({
    row: 'A09',
    what: 'longest time without a write',
    value: load.longestGapMs,
    unit: 'ms',
    limit: GAP_LIMIT_MS,
  });
  await expectNothingLost('A09', load);
});
