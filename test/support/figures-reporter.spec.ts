import FiguresReporter, { formatRows } from './figures-reporter.ts';
import { EXPECTED_ROWS } from './rows.ts';

describe(formatRows, () => {
  it('names each figure with its limit and the tests of what has none, in the order of the rows, and counts them', () => {
    const figures = [
      { row: 'A10', what: 'slowest', value: 5_088.33, unit: 'ms', limit: 6_000 },
      { row: 'A07', what: 'acknowledged', value: 10, unit: '', limit: 100, atLeast: true },
      { row: 'A05', what: 'seen', value: 900, unit: 'ms', limit: 2_000 },
      { row: 'A05', what: 'seen', value: 1_100, unit: 'ms', limit: 2_000 },
      { row: 'A04', what: 'seen', value: Infinity, unit: 'ms', limit: 2_000 },
    ];
    const tests = new Map([
      ['A10', { passed: 3, failed: 0, skipped: 0 }],
      ['A12', { passed: 2, failed: 0, skipped: 1 }],
      ['A13', { passed: 2, failed: 1, skipped: 0 }],
      ['A31', { passed: 0, failed: 0, skipped: 1 }],
      ['A33', { passed: 0, failed: 0, skipped: 0 }],
    ]);
    const text = figures.map((figure) => JSON.stringify(figure)).join('\n');
    expect(formatRows(`${text}\n`, tests).split('\n')).toEqual([
      'NOT MET  A04   seen: never, at most 2000 ms',
      'met      A05   seen (worst of 2): 1100 ms, at most 2000 ms',
      'NOT MET  A07   acknowledged: 10, at least 100',
      'met      A10   slowest: 5088 ms, at most 6000 ms',
      'met      A12   2 tests',
      'skipped  A12   1 tests',
      'NOT MET  A13   1 of 3 tests have failed',
      'skipped  A31   1 tests',
      'NOT MET  A33   no test of it has run',
      '3 met, 4 not met, 2 skipped',
      '',
    ]);
  });
});

describe(FiguresReporter, () => {
  const results = [
    { fullName: 'A07: passes', status: 'passed' },
    { fullName: 'A13: fails', status: 'failed' },
    { fullName: 'A31: lacks a tool', status: 'pending' },
  ];
  const errorFor = (expected: string): string | undefined => {
    const before = process.env[EXPECTED_ROWS];
    process.env[EXPECTED_ROWS] = expected;
    try {
      const reporter = new FiguresReporter({ testNamePattern: String.raw`\bA\d\d\b` });
      reporter.onTestResult({}, { testResults: results as never });
      return reporter.getLastError()?.message;
    } finally {
      if (before === undefined) delete process.env[EXPECTED_ROWS];
      else process.env[EXPECTED_ROWS] = before;
    }
  };

  it('fails a run in which no test of an expected row has run, be there none or skipped ones only', () => {
    expect(errorFor('A07,A13')).toBeUndefined();
    expect(errorFor('')).toBeUndefined();
    expect(errorFor('A07,A08,A31,A45')).toBe('No test has run of A08, A31, A45');
  });
});
