import * as fc from 'fast-check';
import { fromFileStem, isCutStem, toFileStem } from './names.ts';

describe(toFileStem.name, () => {
  it.each([
    ['contacts', 'contacts'],
    ['a-b_c.d~e', 'a-b_c.d~e'],
    ['we/ird %na me.é', 'we%2Fird+%25na+me.%C3%A9'],
    ["it's (a) *name*!+", 'it%27s+%28a%29+%2Aname%2A%21%2B'],
    ['two\nlines', 'two%0Alines'],
  ])('writes %j as Go does', (name, stem) => {
    expect(toFileStem(name)).toBe(stem);
    expect(isCutStem(stem)).toBe(false);
  });

  it('is turned back, for every name that fits', () => {
    const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(names, (name) => expect(fromFileStem(toFileStem(name))).toBe(name)),
      { numRuns: 500 },
    );
  });

  it('cuts what is too long, with a hash that tells names apart', () => {
    const [one, other] = ['é', 'è'].map((last) => toFileStem('x'.repeat(237) + last));
    expect(one).toHaveLength(238);
    expect(one).toMatch(/^x{208}%24[\w-]{27}$/);
    expect(one).not.toBe(other);
    expect(isCutStem(one ?? '')).toBe(true);
    expect(toFileStem('x'.repeat(238))).toBe('x'.repeat(238));
  });
});
