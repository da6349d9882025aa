import { formatBytes, formatCount, formatDuration, formatQuantity } from './format.ts';

describe('format', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.6, '1.00 kB'],
    [1_500, '1.50 kB'],
    [23_450_000, '23.4 MB'],
    [99_960, '100 kB'],
    [999_600, '1.00 MB'],
    [640e9, '640 GB'],
    [5e18, '5000 PB'],
  ])('bytes: %d is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567.4, '1,234,567'],
    [-1_000, '-1,000'],
    [9_007_199_254_740_993n, '9,007,199,254,740,993'],
  ])('counts: %s is %s', (count, text) => expect(formatCount(count)).toBe(text));

  it.each([
    [0, '0 ms'],
    [0.84, '0.8 ms'],
    [420.4, '420 ms'],
    [999.7, '1.0 s'],
    [3_440, '3.4 s'],
    [59_700, '1 min'],
    [125_000, '2 min 5 s'],
    [3_600_000, '1 h'],
    [3_605_000, '1 h'],
    [3 * 86_400_000 + 4 * 3_600_000, '3 d 4 h'],
  ])('durations: %d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it('quantities: one is one', () => {
    expect([0, 1, 1_000].map((n) => formatQuantity(n, 'index', 'indexes'))).toEqual([
      '0 indexes',
      '1 index',
      '1,000 indexes',
    ]);
  });
});
