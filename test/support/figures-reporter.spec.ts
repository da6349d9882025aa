import { formatRows } from './figures-reporter.ts';

describe(formatRows, () => {
  it('names each figure with its limit and the tests of what has none, in the order of the rows, and counts them', () => {
    const figures = [
      { row: 'A10', what: 'slowest', value: 5_088.33, unit: 'ms', limit: 6_000 },
      { row: 'A07', what: 'acknowledged', value: 10, unit: '', limit: 100, atLeast: true },
    ];
    const tests = new Map([
      ['A10', { passed: 3, failed: 0, skipped: 0 }],
      ['A12', { passed: 2, failed: 0, skipped: 1 }],
      ['A13', { passed: 2, failed: 1, skipped: 0 }],
      ['A31', { passed: 0, failed: 0, skipped: 1 }],
    ]);
    const text = figures.map((figure) => JSON.stringify(figure)).join('\n');
    expect(formatRows(`${text}\n`, tests).split('\n')).toEqual([
      'NOT MET  A07   acknowledged: 10, at least 100',
      'met      A10   slowest: 5088 ms, at most 6000 ms',
      'met      A12   2 tests',
      'NOT MET  A13   1 of 3 tests have failed',
      'skipped  A31   1 tests',
      '2 met, 2 not met, 1 skipped',
      '',
    ]);
  });
});
