import { toDocument, toUpdate } from './merge-patch.ts';

describe(toUpdate.name, () => {
  it.each<[object, object | undefined]>([
    [{}, undefined],
    [{ a: undefined }, undefined],
    [{ a: 1 }, { $set: { a: 1 } }],
    [{ a: null }, { $unset: { a: true } }],
    [
      { a: [null, { b: 1 }], b: null },
      { $set: { a: [null, { b: 1 }] }, $unset: { b: true } },
    ],
    [{ a: { b: { c: 1, d: null } } }, { $set: { 'a.b.c': 1 }, $unset: { 'a.b.d': true } }],
    [{ a: false, b: 0, c: '' }, { $set: { a: false, b: 0, c: '' } }],
  ])('%j', (patch, update) => {
    expect(toUpdate(patch)).toEqual(update);
  });
});

describe(toDocument.name, () => {
  it('has nothing that is absent or null', () => {
    expect(toDocument({ a: 0, b: null, c: undefined, d: '' })).toEqual({ a: 0, d: '' });
  });
});
