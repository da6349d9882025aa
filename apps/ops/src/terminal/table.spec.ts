import { formatTable, terminalWidth } from './table.ts';

const columns = [
  { title: 'NAME', isWrapped: true },
  { title: 'SIZE', align: 'right' as const },
];

describe(formatTable, () => {
  it('aligns columns, and leaves nothing behind the last one', () => {
    expect(
      formatTable(columns, [
        ['ada', 12],
        ['grace', 7],
        [null, undefined],
      ]),
    ).toBe('NAME   SIZE\nada      12\ngrace     7\n\n');
  });

  it('fits the terminal: text is cut into lines, and nothing of it is lost', () => {
    const name =
      'a very long name of a collection that goes on and on_without_any_place_to_break_it_in_the_end';
    const text = formatTable(columns, [[name, 123_456]], 40);
    const lines = text.trimEnd().split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(40);
    expect(lines[1]).toMatch(/ 123456$/);
    expect(text.replaceAll(/123456|\s/g, '')).toContain(name.replaceAll(' ', ''));
  });

  it('has whole lines in a pipe', () => {
    expect(terminalWidth({})).toBe(Number.POSITIVE_INFINITY);
    expect(formatTable(columns, [['x'.repeat(500), 1]])).toContain('x'.repeat(500));
  });

  it('shows what would take over the terminal as codes', () => {
    expect(formatTable(columns, [['\u001b[31mred\r\n', 1]])).toContain('\\x1b[31mred\\x0d\\x0a');
  });
});
