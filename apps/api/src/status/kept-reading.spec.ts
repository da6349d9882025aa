import { DatabaseUnavailableError, NotPermittedError } from '#database';
import { Logger } from '@nestjs/common';
import { KeptReading } from './kept-reading.ts';

const FRESH_MS = 50;

describe(KeptReading, () => {
  it('reads once for callers at the same time, and again when the value is old', async () => {
    let [reads, nowMs] = [0, 0];
    const clock = import.meta.jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const kept = new KeptReading(async () => (reads += 1), FRESH_MS);
    const readings = await Promise.all(Array.from({ length: 20 }, async () => kept.get(null)));
    expect(readings[19]).toEqual({ value: 1, ageMs: expect.any(Number), problem: null });
    expect(await kept.get(null)).toMatchObject({ value: 1 });
    nowMs += FRESH_MS;
    expect(await kept.get(null)).toMatchObject({ value: 2, problem: null });
    clock.mockRestore();
  });

  it('keeps the value of before when a read fails, with the reason', async () => {
    const outcomes: (string | Error)[] = ['first', new DatabaseUnavailableError('refused'), 'third'];
    const kept = new KeptReading(async () => {
      const outcome = outcomes.shift();
      if (Error.isError(outcome)) throw outcome;
      return outcome;
    }, 0);
    expect(await kept.get(null)).toMatchObject({ value: 'first', problem: null });
    expect(await kept.get(null)).toMatchObject({
      value: 'first',
      problem: 'the server refuses connections, check that MongoDB is running',
    });
    expect(await kept.get(null)).toMatchObject({ value: 'third', problem: null });
  });

  it('does not ask while there is an obstacle', async () => {
    const read = import.meta.jest.fn(async () => 1);
    const kept = new KeptReading(read, FRESH_MS);
    expect(await kept.get('closed today')).toEqual({ value: null, ageMs: null, problem: 'closed today' });
    expect(read).not.toHaveBeenCalled();
  });

  it('does not wait for a read that hangs, starts no second one, and ends it at the deadline', async () => {
    const signals: AbortSignal[] = [];
    const kept = new KeptReading(async (signal) => {
      signals.push(signal);
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    }, FRESH_MS);
    const readings = await Promise.all([kept.get(null), kept.get(null)]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    expect(readings[1]?.problem).toBe('the server has not answered yet');
    await new Promise((resolve) => signals[0]?.addEventListener('abort', resolve));
    expect(signals[0]?.reason).toMatchObject({ reason: 'no-answer' });
  });

  it('tells nothing of an error that it does not know, but the log', async () => {
    const log = import.meta.jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    try {
      const fail = async (error: Error) =>
        new KeptReading(async () => {
          throw error;
        }, 0).get(null);
      const unknown = await fail(new Error('mongodb://user:secret@host'));
      expect(unknown.problem).toBe('it could not be read, see the log');
      expect(log).toHaveBeenCalledTimes(1);
      const refused = await fail(new NotPermittedError());
      expect(refused.problem).toBe('the database user may not do this, check its roles');
      expect(log).toHaveBeenCalledTimes(1);
    } finally {
      log.mockRestore();
    }
  });
});
