import fc from 'fast-check';

/** Operators, forged types and prototype keys, as JSON or a query string can carry them. */
const OPERATORS =
  '$ne $gt $gte $lt $lte $in $nin $exists $type $regex $not $eq $all $size $elemMatch $where $expr $jsonSchema $or $nor $and $mod ' +
  '$text $near $function $comment $bitsAnyClear $geoWithin $options $oid $binary $numberDecimal $each $slice $unknown';
const operand = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    '.*',
    0,
    -1,
    [],
    {},
    [null],
    ['Ada'],
    { $gt: '' },
    'return true',
    [1, 0],
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
const operators = fc.dictionary(fc.constantFrom(...OPERATORS.split(' ')), operand, {
  minKeys: 1,
  maxKeys: 3,
});
const forged = fc.record({
  _bsontype: fc.constantFrom(
    'ObjectId',
    'BSONRegExp',
    'Code',
    'Symbol',
    'MinKey',
    'Binary',
    'Decimal128',
    'Long',
    'DBRef',
    'x',
  ),
  pattern: fc.constant('.*'),
  options: fc.constant(''),
  code: fc.constant('return true'),
  id: fc.constant('aaaaaaaaaaaa'),
});
const polluting = fc
  .tuple(
    fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', '_id', 'valueOf'),
    fc.oneof(operators, forged),
  )
  // Parsed, since a literal would set the prototype.
  .map(([key, value]) => JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`) as object);
const attack = fc.oneof(operators, forged, polluting);
export const payload: fc.Arbitrary<unknown> = fc.oneof(
  attack,
  fc.array(attack, { minLength: 1, maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'city', 'floor', 'day', ''), attack, { minKeys: 1, maxKeys: 2 }),
  fc.tuple(attack, attack).map(([one, other]) => ({ city: 'Ulm', ...one, a: other })),
);

describe('generated attacks', () => {
  it('hold operators, forged types and prototype keys', () => {
    const texts = fc.sample(payload, { numRuns: 300, seed: 1 }).map((value) => JSON.stringify(value));
    for (const part of ['"$ne"', '"$where"', '"_bsontype"', '"__proto__"']) {
      expect(texts.filter((text) => text.includes(part)).length).toBeGreaterThan(5);
    }
    expect(new Set(texts).size).toBeGreaterThan(200);
  });
});
