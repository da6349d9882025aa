import type { DatabaseHealth, HealthService } from '#health';
import { HealthHistory } from './health-history.ts';

const { jest } = import.meta;

describe(HealthHistory, () => {
  let database: DatabaseHealth;
  let history: HealthHistory;
  const set = (isConnected: boolean, latencyMs: number | null = null) => {
    database = { isConnected, message: '', ageMs: 0, latencyMs };
  };
  const last = (count: number) => ({
    isConnected: history.trace.isConnected.slice(-count),
    latencyMs: history.trace.latencyMs.slice(-count),
  });
  beforeEach(() => {
    // A slot begins at a multiple of its length.
    jest.useFakeTimers({ now: 1_000_000 });
    jest.spyOn(performance, 'now').mockImplementation(() => Date.now());
    set(false);
    history = new HealthHistory({
      get database() {
        return database;
      },
    } as HealthService);
    history.onApplicationBootstrap();
  });
  afterEach(() => {
    history.onApplicationShutdown();
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it('knows nothing of the time before the start, and does not take the start for an outage', () => {
    jest.advanceTimersByTime(500);
    set(true, 3);
    jest.advanceTimersByTime(500);
    expect(history.trace.isConnected).toHaveLength(150);
    expect(last(2)).toEqual({ isConnected: [null, true], latencyMs: [null, 3] });
    expect(history.since).toEqual(new Date(1_000_750));
  });

  it('takes a database that stays away from the start for what it is', () => {
    jest.advanceTimersByTime(5_000);
    expect(last(2).isConnected).toEqual([false, false]);
  });

  it('keeps a short outage, and the slowest check of a slot', () => {
    set(true, 1);
    jest.advanceTimersByTime(2_000);
    set(true, 9);
    jest.advanceTimersByTime(500);
    set(false, 9);
    jest.advanceTimersByTime(250);
    set(true, 2);
    jest.advanceTimersByTime(3_250);
    expect(last(3)).toEqual({ isConnected: [false, true, true], latencyMs: [9, 2, 2] });
  });

  it('holds five minutes', () => {
    set(false);
    jest.advanceTimersByTime(4_000);
    set(true, 1);
    jest.advanceTimersByTime(290_000);
    expect(history.trace.isConnected).toContain(false);
    jest.advanceTimersByTime(20_000);
    expect(history.trace.isConnected).toEqual(Array.from({ length: 150 }, () => true));
  });

  it('has no data of the time in which the process was suspended', () => {
    set(true, 1);
    jest.advanceTimersByTime(10_000);
    jest.setSystemTime(Date.now() + 6_000);
    expect(last(4).isConnected).toEqual([true, null, null, true]);
    jest.setSystemTime(Date.now() + 3_600_000);
    expect(history.trace.isConnected.filter((state) => state !== null)).toEqual([true]);
  });
});
