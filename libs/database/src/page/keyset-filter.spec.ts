import { mongo } from 'mongoose';
import { keysetFilters } from './keyset-filter.ts';
import { positionOf, toDriverSort, toSortFields } from './page-sort.ts';

const BY_NAME = toSortFields({ name: 1 });

describe(keysetFilters.name, () => {
  it('compares the following field only where those before it are equal', () => {
    const types = { $type: expect.any(Array) };
    expect(keysetFilters(BY_NAME, ['Ada', 7], 'next')).toEqual([
      {
        $and: [
          { name: { $eq: 'Ada' } },
          { _id: { $not: { $lte: 7 } } },
          { _id: { $ne: null } },
          { _id: { $ne: NaN } },
          { _id: { $not: types } },
        ],
      },
      {
        $and: [{ name: { $not: { $lte: 'Ada' } } }, { name: { $ne: null } }, { name: { $not: types } }],
      },
    ]);
  });

  it('has nothing to match behind the end', () => {
    const end = [new mongo.MaxKey(), new mongo.MaxKey()];
    expect(keysetFilters(BY_NAME, end, 'next')).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['a regular expression', /x/],
    ['code with a scope', new mongo.Code('x', { a: 1 })],
    ['a date that none is', new Date(NaN)],
    ['undefined', undefined],
    ['an array', []],
  ])('refuses %s', (_kind, value) => {
    expect(() => keysetFilters(BY_NAME, [value, 1], 'next')).toThrow(
      expect.objectContaining({ code: 'PAGE_SORT_INVALID', path: 'name' }),
    );
  });
});

describe(toSortFields.name, () => {
  it.each([
    [{}, [['_id', 1]]],
    [{ a: -1 }, [['a', -1], ['_id', -1]]], // prettier-ignore
    [{ a: 1, _id: -1, b: 1 }, [['a', 1], ['_id', -1]]], // prettier-ignore
    [[['2', 1], ['1', -1], ['2', -1]], [['2', 1], ['1', -1], ['_id', -1]]], // prettier-ignore
  ])('ends %j with _id', (sort, expected) => {
    const fields = toSortFields(sort as never);
    expect(toDriverSort(fields, false)).toEqual(expected);
    expect(toDriverSort(fields, true)).toEqual(expected.map(([path, order]) => [path, -Number(order)]));
  });

  it.each([{ '': 1 }, { $where: 1 }, { a: 2 }, { a: '1' }, { a: { $meta: 'textScore' } }])(
    'refuses %j',
    (sort) => {
      expect(() => toSortFields(sort as never)).toThrow(
        expect.objectContaining({ code: 'PAGE_SORT_INVALID' }),
      );
    },
  );
});

describe(positionOf.name, () => {
  const fields = toSortFields({ 'a.b': 1 });
  it.each<[unknown, unknown]>([
    [{ b: 1 }, 1],
    [{ b: null }, null],
    [{}, null],
    ['text', null],
    [null, null],
    [new mongo.ObjectId(), null],
    [new Date(), null],
  ])('reads %j', (a, expected) => {
    expect(positionOf({ _id: 1, a }, fields)).toEqual([expected, 1]);
  });

  it.each([[{ b: [] }], [{ b: [1] }], [[{ b: 1 }]]])('refuses the array in %j', (a) => {
    expect(() => positionOf({ _id: 1, a }, fields)).toThrow('Pages cannot be sorted by a.b');
  });
});
