import fc from 'fast-check';
import { mongo, Schema } from 'mongoose';

// Fields of every type, with values that fit them more or less; document-cases.spec.ts puts them together.

/** Beginning of every id that is given; others were made on the way. */
export const GIVEN_ID = 'aaaaaaaaaaaaaaaaaaaa';
const AT = new Date('2031-05-06T07:08:09.010Z');
export const FIXED_ID = `${GIVEN_ID}aaa1`;
export const DAY = new Date('2020-02-03T04:05:06.007Z');
const { Decimal128, Double, Int32, Long, ObjectId, UUID } = mongo;
const UUID_TEXT = '0f0e0d0c-0b0a-4908-8706-050403020100';

/** How one field is declared, and values that are right, or can be cast, more often than not. */
export interface Shape {
  declare: () => unknown;
  right: fc.Arbitrary<unknown>;
  /** Of a part, one by one. */
  fields?: Record<string, Shape>;
}

/** Values of any kind. */
export const wrong: fc.Arbitrary<unknown> = fc
  .constantFrom<() => unknown>(
    () => ({}),
    () => [],
    () => ({ a: 1 }),
    () => [[1]],
    () => [null],
    () => [undefined],
    () => [{}, 'x'],
    () => 'x',
    () => '',
    () => 7,
    () => -1.5,
    () => NaN,
    () => true,
    () => 'true',
    () => '12',
    () => new Date(NaN),
    () => new Date(DAY),
    () => Buffer.from('ab'),
    () => new ObjectId(FIXED_ID),
    () => 10n,
    () => Symbol.iterator,
    () => new Map([['k', 'v']]),
    () => new String('boxed'),
    () =>
      new (class Own {
        a = ' A ';
        b = 2;
      })(),
    () => Long.fromNumber(5),
    () => new Double(1.5),
    () => new Int32(3),
    () => Decimal128.fromString('1.5'),
    () => ({ _id: new ObjectId(FIXED_ID) }),
    () => ({ _bsontype: 'ObjectId', id: 'x' }),
    () => ({ 'a.b': 1, a: { b: 2 } }),
    () => JSON.parse('{"__proto__":{"polluted":1},"constructor":{"x":1},"a":1}') as unknown,
  )
  .map((make) => make());

function scalar(
  type: unknown,
  options: fc.Arbitrary<object>[],
  right: fc.Arbitrary<unknown>,
): fc.Arbitrary<Shape> {
  const common = [
    fc.constant({ required: true }),
    fc.constant({ required: [true, 'needed'] }),
    fc.constant({ immutable: true }),
    fc.constant({ select: false }),
    fc.constant({ allowNull: false }),
    fc.constant({ validate: (value: unknown) => value !== 7 }),
    fc.constant({
      validate: {
        validator: (value: unknown) => {
          if (value === 'boom') throw new Error('boom');
        },
      },
    }),
    fc.constant({ default: null }),
    fc.constant({ default: undefined }),
  ];
  return fc.array(fc.oneof(...common, ...options, ...options), { maxLength: 3 }).map((chosen) => {
    const declaration: Record<string, unknown> = Object.assign({}, ...chosen) as Record<string, unknown>;
    if ('required' in declaration) delete declaration.allowNull;
    return { declare: () => ({ ...declaration, type }), right };
  });
}

export const text = fc.constantFrom<unknown>('a', ' Ab ', 'boom', 'ABCDEF', '', 5, true, DAY);
export const number = fc.constantFrom<unknown>(0, 1, 7, -3, 2.5, '4', '', true, 1e12, Long.fromNumber(4));
const constant = (...values: object[]) => values.map((value) => fc.constant(value));
const free = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    {},
    { a: {} },
    { a: [{}], b: undefined },
    [undefined, {}],
    DAY,
    { d: DAY },
    new Error('e'),
  ),
);

export const scalars: fc.Arbitrary<Shape> = fc.oneof(
  {
    weight: 4,
    arbitrary: scalar(
      String,
      constant(
        { lowercase: true },
        { uppercase: true },
        { trim: true },
        { enum: ['a', 'b', 'ab'] },
        { minlength: 2 },
        { maxlength: 3 },
        { match: /^a/i },
        { validate: /b/ },
        { default: ' Da ' },
        { default: () => 'made' },
        { set: (value: unknown) => value ?? 'set' },
      ),
      text,
    ),
  },
  {
    weight: 3,
    arbitrary: scalar(
      Number,
      constant(
        { min: 0 },
        { max: 5 },
        { enum: [1, 7] },
        { default: 3 },
        { default: () => 4 },
        { default: 'nine' },
      ),
      number,
    ),
  },
  scalar(
    Boolean,
    constant({ default: true }, { default: () => false }),
    fc.constantFrom<unknown>(true, false, 'yes', 0, 'no'),
  ),
  scalar(
    Date,
    constant({ min: new Date(0) }, { max: AT }, { default: () => DAY }, { default: DAY }),
    fc.constantFrom<unknown>(DAY, '2020-01-01', 5e11, '', 'never', new Date(-5)),
  ),
  scalar(
    Schema.Types.ObjectId,
    constant({ ref: 'Other' }, { default: () => new ObjectId(FIXED_ID) }),
    fc.constantFrom<unknown>(FIXED_ID, new ObjectId(FIXED_ID), 'short'),
  ),
  scalar(
    Schema.Types.Decimal128,
    constant({ default: '1.10' }),
    fc.constantFrom<unknown>('1.5', 2, Decimal128.fromString('7')),
  ),
  scalar(
    Schema.Types.Buffer,
    constant({ subtype: 4 }, { default: Buffer.from('d') }),
    fc.constantFrom<unknown>(Buffer.from('ab'), 'text', [1, 2], new mongo.Binary(Buffer.from('c'), 128)),
  ),
  scalar(
    Schema.Types.UUID,
    constant({ default: () => new UUID(UUID_TEXT) }),
    fc.constantFrom<unknown>(UUID_TEXT, new UUID(UUID_TEXT)),
  ),
  scalar(
    Schema.Types.BigInt,
    constant({ default: 5n }),
    fc.constantFrom<unknown>(1n, '2', 3, Long.fromNumber(9)),
  ),
  scalar(Schema.Types.Int32, constant({ default: 5 }, { min: 1 }), fc.constantFrom<unknown>(1, '2', 3.5)),
  scalar(Schema.Types.Double, constant({ default: 5 }), fc.constantFrom<unknown>(1, '2.5', new Double(3))),
  scalar(
    Schema.Types.Mixed,
    constant({ default: {} }, { default: [] }, { default: () => ({ a: {} }) }),
    free,
  ),
);

describe('generated fields', () => {
  it('have every type that holds one value', () => {
    const seen = new Set<unknown>();
    for (const { declare } of fc.sample(scalars, { numRuns: 300, seed: 1 })) {
      seen.add((declare() as { type: unknown }).type);
    }
    expect(seen.size).toBe(12);
  });
});
