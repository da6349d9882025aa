import { mongo } from 'mongoose';
import { BsonWriter, elementName } from './bson-writer.ts';
import { DocumentTooLargeError } from './document-too-large.error.ts';

const NAME = elementName('v');

describe(BsonWriter.name, () => {
  it('writes binary of any size and subtype as BSON does', () => {
    const writer = new BsonWriter(100);
    const start = writer.begin();
    for (const [length, subtype] of [
      [0, 0],
      [5, 0x80],
      [16, 4],
      [18_000_000, 0],
    ] as const) {
      writer.any(NAME, new mongo.Binary(Buffer.alloc(length, 7), subtype));
      if (length < 100) {
        const written = writer.bytes.subarray(start + 4, writer.offset);
        const expected = mongo.BSON.serialize({ v: new mongo.Binary(Buffer.alloc(length, 7), subtype) });
        expect(written.subarray(-(expected.length - 5))).toEqual(Buffer.from(expected.subarray(4, -1)));
      }
    }
    expect(writer.offset).toBeGreaterThan(18_000_000);
  });

  it.each([
    ['of many parts', Array.from({ length: 1_500_000 }, () => 1)],
    ['with a long text, which the driver would cut', ['é'.repeat(10_000_000)]],
  ])('says that a value is too large: %s', (_, value) => {
    const writer = new BsonWriter(100);
    writer.begin();
    expect(() => writer.any(NAME, value)).toThrow(DocumentTooLargeError);
  });
});
