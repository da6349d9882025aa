import { fingerprintOf } from './fingerprint.ts';

describe(fingerprintOf.name, () => {
  it('does not see the order of fields, at any depth', () => {
    expect(fingerprintOf({ a: 1, b: [{ c: 1, d: 2 }] })).toBe(fingerprintOf({ b: [{ d: 2, c: 1 }], a: 1 }));
  });

  it.each<[unknown, unknown]>([
    [{ a: 1 }, { a: '1' }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{ a: null }, {}],
    [{ a: { b: 1 } }, { a: 1, b: 1 }],
    [undefined, {}],
    [[], {}],
  ])('tells %j from %j', (one, other) => {
    expect(fingerprintOf(one)).not.toBe(fingerprintOf(other));
  });
});
