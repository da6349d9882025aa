import { mongo } from 'mongoose';
import { DocumentBytes } from './document-bytes.ts';

const { BSON } = mongo;
const OPTIONS = { ignoreUndefined: false };

describe(DocumentBytes.name, () => {
  it('holds documents of any size one behind the other, while its memory grows', () => {
    const documents = [0, 10, 300_000, 5, 3_000_000, 0].map((size) => ({ text: 'x'.repeat(size) }));
    const bytes = new DocumentBytes();
    const sizes = documents.map((document) => bytes.add(document, OPTIONS));
    const expected = documents.map((document) => BSON.serialize(document));
    expect(sizes).toEqual(expected.map(({ length }) => length));
    expect(bytes.all().equals(Buffer.concat(expected))).toBe(true);
    for (const [place, document] of expected.entries()) expect(bytes.at(place).equals(document)).toBe(true);
  });

  it('takes what cannot be BSON for what it is, and goes on as if it had not been there', () => {
    const bytes = new DocumentBytes();
    bytes.add({ a: 1 }, OPTIONS);
    expect(() => bytes.add({ 'a\0b': 1 }, OPTIONS)).toThrow(/null bytes/);
    expect(() => bytes.add({ binary: new mongo.Binary(Buffer.alloc(17.5 * 1_048_576)) }, OPTIONS)).toThrow(
      Error,
    );
    bytes.add({ b: 2 }, OPTIONS);
    expect(bytes.all().equals(Buffer.concat([{ a: 1 }, { b: 2 }].map((each) => BSON.serialize(each))))).toBe(
      true,
    );
  });

  it('is empty again after it was cleared, and without its last when that was removed', () => {
    const bytes = new DocumentBytes();
    bytes.add({ a: 1 }, OPTIONS);
    bytes.add({ b: 2 }, OPTIONS);
    bytes.removeLast();
    expect(bytes.all().equals(Buffer.from(BSON.serialize({ a: 1 })))).toBe(true);
    bytes.clear();
    expect(bytes.all()).toHaveLength(0);
    expect(bytes.sizeBytes).toBe(0);
  });

  it('keeps to the options of the driver', () => {
    const bytes = new DocumentBytes();
    bytes.add({ a: undefined }, { ignoreUndefined: false });
    bytes.add({ a: undefined }, { ignoreUndefined: true });
    expect([bytes.at(0), bytes.at(1)].map((each) => BSON.deserialize(each))).toEqual([{ a: null }, {}]);
  });
});
