import { mongo } from 'mongoose';
import { fromOrdered, toOrdered } from './ordered-bson.ts';

const { BSON } = mongo;

describe(toOrdered.name, () => {
  it('keeps every type and the order of fields', () => {
    const document = new Map<string, unknown>([
      ['b', 1],
      ['1', new BSON.Double(1)],
      ['nested', { list: [1, { deep: new BSON.Long(5) }, null], expression: new BSON.BSONRegExp('a', 'ix') }],
      ['time', new BSON.Timestamp({ t: 1, i: 2 })],
      ['date', new Date(5)],
      ['bytes', new BSON.Binary(Buffer.from('abc'), 4)],
      ['code', new BSON.Code('f()', { q: 1 })],
      ['decimal', BSON.Decimal128.fromString('1.10')],
      ['id', new BSON.ObjectId()],
      ['symbol', new BSON.BSONSymbol('s')],
      ['most', new BSON.MaxKey()],
      ['$ref', 'ü'],
    ]);
    const bytes = Buffer.from(BSON.serialize(document));
    expect([...toOrdered(bytes).keys()].slice(0, 2)).toEqual(['b', '1']);
    expect(fromOrdered(toOrdered(bytes)).equals(bytes)).toBe(true);
  });
});
