import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfiguration } from '#config';
import { DatabaseTimeoutError, DatabaseUnavailableError, type DatabaseConnection } from '#database';

import { Logger } from '@nestjs/common';
import type { mongo } from 'mongoose';
import { HealthSampler } from '../../libs/health/src/health.sampler.ts';
import { expectFigure } from '../support/figures.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { connectEntries, EntryRepository } from './repository-load.ts';

const APP_NAME = 'openai-outreach';
const CALLS = 300;
const MAX_TIME_MS = 1_000;

/** Asks for work that has no end. */
class SlowRepository extends EntryRepository {
  async loop(maxTimeMs: number): Promise<unknown> {
    const options = this.driverOptions({ maxTimeMs });
    return this.run(async () => this.collection.find({ $where: 'while (true) {}' }, options).toArray());
  }
}

let server: MongodServer;
let connection: DatabaseConnection;
let entries: EntryRepository;
beforeEach(async () => {
  Logger.overrideLogger(false);
  server = await MongodServer.start({ replSet: true });
  ({ connection, entries } = await connectEntries(server.uri('faults')));
  await entries.insert({ _id: 'one', writer: 1 });
}, 60_000);
afterEach(async () => {
  await server?.clearFailPoint();
  await connection?.close();
  await server?.stop();
  Logger.overrideLogger(true);
});

/** Connections of the library that are open at the server, those of its monitors too. */
async function connectionsAtServer(): Promise<number> {
  const operations = await server.command({
    aggregate: 1,
    pipeline: [
      { $currentOp: { allUsers: true, idleConnections: true } },
      { $match: { 'clientMetadata.application.name': APP_NAME } },
    ],
    cursor: { batchSize: 1_000 },
  });
  return (operations.cursor as { firstBatch: mongo.Document[] }).firstBatch.length;
}

/** Asks `read` until stopped; the slowest answer, in milliseconds. */
function slowestAnswer(read: () => unknown): { stop: () => number } {
  let slowestMs = 0;
  let lastAt = performance.now();
  const everyMs = 20;
  const timer = setInterval(() => {
    read();
    slowestMs = Math.max(slowestMs, performance.now() - lastAt - everyMs);
    lastAt = performance.now();
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return slowestMs;
    },
  };
}

it('A10: an exhausted pool opens no more connections, tells those who wait, and is over with its cause', async () => {
  const row = 'A10';
  const sampler = new HealthSampler(connection, loadConfiguration({}).health);
  sampler.onApplicationBootstrap();
  expect(await waitUntil(() => sampler.read().isConnected, 5_000)).toBe(true);
  // One that waits for news of the server, and one that measures the time there and back.
  const ofMonitors = 2;
  const isSettled = async (): Promise<boolean> =>
    (await connectionsAtServer()) === connection.pool.open + ofMonitors;
  expect(await waitUntil(isSettled, 15_000)).toBe(true);
  await server.failPoint({
    failCommands: ['find'],
    blockConnection: true,
    blockTimeMS: 3_000,
    appName: APP_NAME,
  });
  const answers = slowestAnswer(() => sampler.read());
  const ages: number[] = [];
  let most = 0;
  const startedAt = performance.now();
  const calls = Promise.all(
    Array.from({ length: CALLS }, async (_, n) => {
      const error = await entries.find({ n }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return { error, elapsedMs: performance.now() - startedAt };
    }),
  );
  const isOver = calls.then(() => true);
  while (!(await Promise.race([isOver, sleep(100, false)]))) {
    most = Math.max(most, (await connectionsAtServer()) - ofMonitors);
    ages.push(sampler.read().ageMs ?? Infinity);
  }
  const outcomes = await calls;
  await server.clearFailPoint();
  const clearedAt = performance.now();
  await entries.find({ writer: 1 });
  const foundAfterMs = performance.now() - clearedAt;
  expect(await waitUntil(() => sampler.read().isConnected, 5_000)).toBe(true);
  const healthyAfterMs = performance.now() - clearedAt;
  sampler.onApplicationShutdown();

  const failed = outcomes.filter(({ error }) => error !== undefined);
  const slowestMs = Math.max(...failed.map(({ elapsedMs }) => elapsedMs));
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.map(({ error }) => error)).toEqual(
    failed.map(() => expect.objectContaining({ code: 'DATABASE_UNAVAILABLE', reason: 'overloaded' })),
  );
  expectFigure({ row, what: 'most connections at the server', value: most, unit: '', limit: 100 });
  expectFigure({ row, what: 'slowest refusal', value: slowestMs, unit: 'ms', limit: 6_000 });
  expectFigure({ row, what: 'slowest health answer', value: answers.stop(), unit: 'ms', limit: 1_500 });
  expectFigure({ row, what: 'oldest health sample', value: Math.max(...ages), unit: 'ms', limit: 3_000 });
  expectFigure({ row, what: 'first find afterwards', value: foundAfterMs, unit: 'ms', limit: 2_000 });
  expectFigure({ row, what: 'healthy afterwards', value: healthyAfterMs, unit: 'ms', limit: 2_000 });
});

describe('A17: a query that is too slow', () => {
  /** @returns The error, and how long it took beyond its limit */
  async function run(call: () => Promise<unknown>): Promise<{ error: unknown; lateMs: number }> {
    const startedAt = performance.now();
    const error = await call().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { error, lateMs: performance.now() - startedAt - MAX_TIME_MS };
  }

  async function expectAllReturned(): Promise<void> {
    expect(await waitUntil(() => connection.pool.checkedOut === 0, 2_000)).toBe(true);
    expect(connection.pool.waiting).toBe(0);
    expect(await entries.count({ writer: 1 })).toBe(1);
  }

  it('because of a loop is ended at its limit, and its connection is used again', async () => {
    const slow = new SlowRepository(entries['model'], connection);
    const created: unknown[] = [];
    await entries.count({ writer: 1 });
    connection.client.on('connectionCreated', (event) => created.push(event));
    const { error, lateMs } = await run(() => slow.loop(MAX_TIME_MS));
    expect(error).toBeInstanceOf(DatabaseTimeoutError);
    expectFigure({ row: 'A17', what: 'loop ended after its limit', value: lateMs, unit: 'ms', limit: 1_000 });
    await expectAllReturned();
    expect(created).toEqual([]);
  });

  it('because the server is stuck is ended at its limit', async () => {
    await server.failPoint({
      failCommands: ['find'],
      blockConnection: true,
      blockTimeMS: 30_000,
      appName: APP_NAME,
    });
    const { error, lateMs } = await run(() => entries.find({ writer: 1 }, { maxTimeMs: MAX_TIME_MS }));
    expect(error instanceof DatabaseTimeoutError || error instanceof DatabaseUnavailableError).toBe(true);
    expectFigure({
      row: 'A17',
      what: 'stuck query ended after its limit',
      value: lateMs,
      unit: 'ms',
      limit: 1_000,
    });
    await server.clearFailPoint();
    await expectAllReturned();
  });

  it('many of them leave the pool as it was', async () => {
    const slow = new SlowRepository(entries['model'], connection);
    const results = await Promise.all(Array.from({ length: 10 }, () => run(() => slow.loop(MAX_TIME_MS))));
    expect(results.every(({ error }) => error instanceof DatabaseTimeoutError)).toBe(true);
    await expectAllReturned();
  });
});
