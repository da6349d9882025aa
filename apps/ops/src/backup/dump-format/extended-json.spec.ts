import * as fc from 'fast-check';
import { mongo } from 'mongoose';
import { fromExtendedJson, toExtendedJson } from './extended-json.ts';

const { BSON } = mongo;
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.double().map((value) => new BSON.Double(value)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.date({ noInvalidDate: true, min: new Date(-8e15), max: new Date(8e15) }),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new BSON.Binary(Buffer.from(bytes), 0x80)),
  fc.constantFrom(
    new BSON.MinKey(),
    new BSON.MaxKey(),
    new BSON.ObjectId(),
    BSON.Decimal128.fromString('1.10'),
  ),
  fc.constantFrom(
    new BSON.Timestamp({ t: 4_294_967_295, i: 1 }),
    new BSON.BSONRegExp('a"/b', 'ix'),
    new BSON.Code('f'),
  ),
);
const key = fc.oneof(
  fc.nat().map(String),
  fc.string(),
  fc.constantFrom('__proto__', '$regex', '$options', 'a.b'),
);
const { document } = fc.letrec<{ document: Map<string, unknown>; value: unknown }>((tie) => ({
  document: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  value: fc.oneof({ maxDepth: 3 }, leaf, tie('document'), fc.array(tie('value'), { maxLength: 3 })),
}));

describe('extended JSON', () => {
  it('gives back the same bytes, with the order of fields', () => {
    fc.assert(
      fc.property(document, (given) => {
        const bytes = BSON.serialize(given);
        const text = toExtendedJson(bytes);
        expect(Buffer.from(fromExtendedJson(text)).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps operators that look like old extended JSON, and fields that are numbers', () => {
    const text = '{"b":{"$numberInt":"1"},"0":{"$regex":"x","$options":"i"},"a":{"$type":"date"}}';
    expect(toExtendedJson(fromExtendedJson(text))).toBe(text);
  });

  it('reads relaxed numbers with their type', () => {
    const text = '{"a": 1, "b": 1.0, "c": 9007199254740993, "d": 1e3, "e": -2147483649}';
    expect(JSON.parse(toExtendedJson(fromExtendedJson(text)))).toEqual({
      a: { $numberInt: '1' },
      b: { $numberDouble: '1.0' },
      c: { $numberLong: '9007199254740993' },
      d: { $numberDouble: '1000.0' },
      e: { $numberLong: '-2147483649' },
    });
  });

  it.each([
    '',
    '[]',
    '{',
    '{"a"}',
    '{"a":1,}',
    '{"a":1} x',
    '{a:1}',
    `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`,
  ])('refuses %s', (text) => expect(() => fromExtendedJson(text)).toThrow(SyntaxError));
});
