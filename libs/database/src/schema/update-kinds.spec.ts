import { Schema } from 'mongoose';

// Fields of every kind, with changes that fit them more or less; update-mongoose.spec.ts puts them together.

export const CREATED = new Date('2020-01-01');

/** One kind of field: how it is declared, what is stored at first, and changes by operator, right and wrong ones. */
export interface Kind {
  declare: unknown;
  stored: unknown;
  changes: readonly [operator: string, suffix: string, operand: unknown][];
}

const text = (options: object): Kind => ({
  declare: { type: String, ...options },
  stored: 'abc',
  changes: [
    ...['abc', 'ABCD', 5, 'x', '', null, {}, ['a'], true].map((value) => ['$set', '', value] as const),
    ['$unset', '', 1],
    ['$inc', '', 1],
    ['$push', '', 'a'],
  ].map(([operator, suffix, operand]) => [String(operator), String(suffix), operand]),
});
const number = (options: object): Kind => ({
  declare: { type: Number, ...options },
  stored: 4,
  changes: [
    ...[5, '6', -1, 400, 'x', null, {}, NaN].map((value) => ['$set', '', value] as [string, string, unknown]),
    ...['$inc', '$mul'].flatMap((name) =>
      [2, '3', -0.5, 'x', null].map((value) => [name, '', value] as [string, string, unknown]),
    ),
    ...['$min', '$max'].flatMap((name) =>
      [2, '7'].map((value) => [name, '', value] as [string, string, unknown]),
    ),
    ['$unset', '', 1],
  ],
});
const point = (): Schema =>
  new Schema({ x: { type: Number, min: 0 }, y: { type: String, required: true, default: 'y' } });

export const KINDS: Record<string, () => Kind> = {
  text: () => text({}),
  lower: () => text({ lowercase: true, trim: true }),
  required: () => text({ required: true }),
  choice: () => text({ enum: ['abc', 'x'] }),
  matched: () => text({ match: /^a/ }),
  checked: () => text({ validate: (value: string) => value !== 'x', maxlength: 4, minlength: 2 }),
  number: () => number({}),
  bounded: () => number({ min: 0, max: 100, required: true }),
  defaulted: () => number({ default: 3 }),
  flag: () => ({
    declare: Boolean,
    stored: true,
    changes: [
      ['$set', '', false],
      ['$set', '', 'true'],
      ['$set', '', 'maybe'],
      ['$set', '', null],
      ['$unset', '', 1],
    ],
  }),
  date: () => ({
    declare: { type: Date, min: CREATED },
    stored: new Date('2022-01-01'),
    changes: [
      ['$set', '', '2023-01-01'],
      ['$set', '', 'x'],
      ['$set', '', 5],
      ['$set', '', null],
      ['$max', '', '2024-01-01'],
      ['$min', '', new Date('2021-01-01')],
      ['$unset', '', 1],
    ],
  }),
  texts: () => ({
    declare: [{ type: String, enum: ['a', 'b', 'c'] }],
    stored: ['a', 'b', 'a'],
    changes: [
      ['$set', '', ['c']],
      ['$set', '', 'c'],
      ['$set', '.0', 'c'],
      ['$set', '.$[]', 'c'],
      ['$push', '', 'c'],
      ['$push', '', 'z'],
      ['$push', '', ['a', 'b']],
      ['$addToSet', '', 'a'],
      ['$addToSet', '', ['a', 'c']],
      ['$push', '', { $each: ['c', 'a'], $slice: -2, $sort: 1 }],
      ['$push', '', { $each: ['c'], $position: 0 }],
      ['$addToSet', '', { $each: ['a', 'c'] }],
      ['$pull', '', 'a'],
      ['$pull', '', { $in: ['b', 'c'] }],
      ['$pullAll', '', ['a']],
      ['$pop', '', 1],
      ['$pop', '', -1],
      ['$unset', '', 1],
    ],
  }),
  numbers: () => ({
    declare: [Number],
    stored: [3, 1, 2],
    changes: [
      ['$set', '', ['1', 2]],
      ['$set', '', ['x']],
      ['$push', '', '7'],
      ['$push', '', 'x'],
      ['$set', '.1', '9'],
      ['$inc', '.0', 2],
      ['$pull', '', { $gte: '2' }],
      ['$pull', '', '3'],
      ['$pullAll', '', ['1', 2]],
      ['$addToSet', '', ['3', '4']],
      ['$mul', '.$[]', 2],
      ['$push', '', { $each: ['5'], $sort: -1 }],
    ],
  }),
  nested: () => ({
    declare: { x: { type: Number, min: 0 }, y: { type: String, required: true } },
    stored: { x: 1, y: 'y' },
    changes: [
      ['$set', '.x', '2'],
      ['$set', '.x', -1],
      ['$set', '', { x: '2', y: 3 }],
      ['$set', '.y', null],
      ['$unset', '.y', 1],
      ['$inc', '.x', '1'],
      ['$unset', '.x', 1],
      ['$set', '.z', 1],
    ],
  }),
  part: () => ({
    declare: point(),
    stored: { x: 1, y: 'y' },
    changes: [
      ['$set', '', { x: '2' }],
      ['$set', '', { x: -2, y: 'z' }],
      ['$set', '', null],
      ['$set', '.x', '7'],
      ['$set', '.x', -7],
      ['$inc', '.x', 1],
      ['$unset', '', 1],
      ['$unset', '.y', 1],
      ['$set', '.z', 1],
      ['$set', '', 'x'],
      ['$set', '', { z: 1 }],
    ],
  }),
  parts: () => ({
    declare: [point()],
    stored: [
      { x: 1, y: 'a' },
      { x: 2, y: 'b' },
    ],
    changes: [
      ['$set', '', [{ x: '5', y: 'c' }, {}]],
      ['$set', '', [{ x: -5 }]],
      ['$set', '.1.x', '9'],
      ['$set', '.1.x', -9],
      ['$set', '.$[].y', 'z'],
      ['$push', '', { x: '3' }],
      ['$push', '', { x: -3 }],
      ['$push', '', [{ x: 3 }, { y: 'q' }]],
      ['$inc', '.0.x', 4],
      ['$pull', '', { x: '1' }],
      // Mongoose would validate the operators of a $pull here.
      ['$pop', '', 1],
      ['$push', '', { $each: [{ x: 8 }], $sort: { x: -1 } }],
    ],
  }),
  map: () => ({
    declare: { type: Map, of: Number },
    stored: { a: 1 },
    changes: [
      ['$set', '.a', '2'],
      ['$set', '.b', 3],
      ['$inc', '.a', 1],
      ['$set', '', { c: '4' }],
      ['$unset', '.a', 1],
      ['$set', '.a', 'x'],
    ],
  }),
  free: () => ({
    declare: {},
    stored: { a: 1 },
    changes: [
      ['$set', '', { b: [1] }],
      ['$set', '.a', 5],
      ['$inc', '.a', 2],
      ['$set', '', 'x'],
      ['$set', '', null],
      ['$unset', '', 1],
      ['$unset', '.a', 1],
    ],
  }),
};

describe('the kinds of fields', () => {
  it.each(Object.keys(KINDS))('have changes for %s, and a declaration that Mongoose takes', (name) => {
    const kind = KINDS[name]?.();
    expect(kind?.changes.length).toBeGreaterThan(4);
    expect(new Schema({ [name]: kind?.declare } as never).path(name) ?? kind?.stored).toBeDefined();
  });
});
