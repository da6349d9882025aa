import { DurationHistogram } from '../metrics/duration-histogram.ts';
import { summarize, tally, type HistogramValue, type Tallies } from './command-tally.ts';

describe(summarize, () => {
  let histogram: DurationHistogram;
  beforeEach(() => {
    histogram = new DurationHistogram('duration_seconds', 'Duration', [0.001, 0.01, 0.1]);
  });
  const observe = (command: string, outcome: string, ...seconds: number[]) => {
    for (const one of seconds) {
      histogram.observe(`${command} ${outcome}`, () => ({ command, outcome }), one);
    }
  };
  const read = async (): Promise<Tallies> => {
    const { values } = (await histogram.get()) as { values: HistogramValue[] };
    return tally(values);
  };

  it('names the bounds that half and nearly all stay within, most frequent command first', async () => {
    observe('insert', 'success', 0.005);
    observe('find', 'success', 0.000_5, 0.000_5, 0.05);
    expect(summarize(await read())).toEqual([
      { command: 'find', count: 3, failed: 0, meanMs: 17, halfWithinMs: 1, mostWithinMs: 100 },
      { command: 'insert', count: 1, failed: 0, meanMs: 5, halfWithinMs: 10, mostWithinMs: 10 },
    ]);
  });

  it('has no bound for what is above the last one', async () => {
    observe('find', 'success', 3, 3);
    expect(summarize(await read())).toMatchObject([{ halfWithinMs: null, mostWithinMs: null }]);
  });

  it('takes failures and successes of a command together', async () => {
    observe('find', 'success', 0.005);
    observe('find', 'failure', 0.005, 0.005);
    expect(summarize(await read())).toMatchObject([{ command: 'find', count: 3, failed: 2 }]);
  });

  it('leaves out what had been counted before, over all commands', async () => {
    observe('find', 'success', 0.05, 0.05);
    const before = await read();
    observe('find', 'success', 0.000_5);
    observe('insert', 'failure', 0.005);
    expect(summarize(await read(), before, () => 'all')).toEqual([
      { command: 'all', count: 2, failed: 1, meanMs: 2.75, halfWithinMs: 1, mostWithinMs: 10 },
    ]);
  });

  it('says nothing of no observation', async () => {
    expect(summarize(await read())).toEqual([]);
  });
});
