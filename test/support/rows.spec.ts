import { readRows, ROWS } from './rows.ts';

describe(readRows, () => {
  it('takes rows in any case, and leaves the options', () => {
    expect(readRows(['a07', '--verbose', 'A45', 'A46'])).toEqual({
      rows: ['A07', 'A45'],
      isSoak: true,
      isNarrowed: false,
      others: ['--verbose'],
    });
    expect(readRows([])).toEqual({ rows: [], isSoak: false, isNarrowed: false, others: [] });
  });

  it.each(['A99', 'A00', 'a7', 'A47', 'A007'])('refuses %s', (row) => {
    expect(() => readRows(['A13', row])).toThrow(`No such row: ${row.toUpperCase()}; there are A01 to A46`);
  });

  it.each([
    '-t',
    '--testNamePattern=x',
    '--testPathPatterns=x',
    '--onlyChanged',
    '--shard=1/2',
    'test/supply',
  ])('knows that %s keeps tests out', (option) => {
    expect(readRows([option]).isNarrowed).toBe(true);
  });

  it('knows of 45 rows', () => {
    expect([ROWS.length, ROWS[0], ROWS.at(-1)]).toEqual([45, 'A01', 'A45']);
  });
});
