import { formatFigures } from './figures-reporter.ts';

describe(formatFigures, () => {
  it('names each figure with its limit, in the order of the rows, and counts those that were not met', () => {
    const figures = [
      { row: 'A10', what: 'slowest', value: 5_088.33, unit: 'ms', limit: 6_000 },
      { row: 'A07', what: 'acknowledged', value: 10, unit: '', limit: 100, atLeast: true },
    ];
    expect(
      formatFigures(`${figures.map((figure) => JSON.stringify(figure)).join('\n')}\n`).split('\n'),
    ).toEqual([
      'NOT MET  A07       acknowledged: 10, at least 100',
      'met      A10       slowest: 5088 ms, at most 6000 ms',
      '1 figures met, 1 not met',
      '',
    ]);
  });
});
