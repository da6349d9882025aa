import { createProgram } from '../program.ts';
import { candidates } from './candidates.ts';

const names = (...words: string[]) => candidates(createProgram(), words).map(({ name }) => name);

describe(candidates, () => {
  it('offers commands, and those below them', () => {
    expect(names('')).toEqual(
      expect.arrayContaining(['doctor', 'backup', 'restore', 'import-sqlite', 'stats']),
    );
    expect(names('')).not.toContain('complete');
    expect(names('ind')).toEqual(['indexes']);
    expect(names('indexes', '')).toEqual(['plan', 'apply', 'help']);
    expect(names('backup', 'cr')).toEqual(['create']);
  });

  it('offers the options of the command', () => {
    expect(names('indexes', 'apply', '--')).toEqual(['--drop', '--json', '--help']);
    expect(names('stats', '--collection', 'contacts', '--w')).toEqual(['--watch']);
  });

  it('offers the choices of an argument, and nothing where a name or a file of the user is expected', () => {
    expect(names('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(names('stats', '--collection', '')).toEqual([]);
    expect(names('restore', 'dump/', '')).toEqual([]);
  });

  it('has one line for each description', () => {
    for (const { text } of candidates(createProgram(), [''])) expect(text).toMatch(/^\S.*$/);
  });
});
