import { mongo } from 'mongoose';
import { ContentHash } from './content-hash.ts';

const documents = Array.from({ length: 50 }, (_, n) =>
  Buffer.from(mongo.BSON.serialize({ _id: n, text: 'x'.repeat(n), flag: n % 2 === 0 })),
);

function digestOf(list: readonly Buffer[]): string {
  const content = new ContentHash();
  content.add(Buffer.concat(list));
  return content.digest.hash;
}

describe(ContentHash.name, () => {
  it('is the same in any order and in any portions', () => {
    const portions = new ContentHash();
    for (const document of documents.toReversed()) portions.add(document);
    expect(portions.digest).toEqual({
      documents: 50,
      sizeBytes: documents.reduce((sum, { length }) => sum + length, 0),
      hash: digestOf(documents),
    });
  });

  it.each([50, 2_100])('is another one when any single bit of a document of %d bytes differs', (size) => {
    const last = Buffer.from(mongo.BSON.serialize({ text: 'x'.repeat(size) }));
    const whole = digestOf([...documents.slice(0, -1), last]);
    // The first four bytes are its size.
    for (let bit = 4 * 8; bit < last.length * 8; bit += 1) {
      const flipped = Buffer.from(last);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(digestOf([...documents.slice(0, -1), flipped])).not.toBe(whole);
    }
  });

  it('tells what two documents have exchanged', () => {
    const set = (a: number, b: number): Buffer[] =>
      [
        { _id: 1, n: a },
        { _id: 2, n: b },
      ].map((document) => Buffer.from(mongo.BSON.serialize(document)));
    expect(digestOf(set(3, 4))).not.toBe(digestOf(set(4, 3)));
  });

  it('is nothing for nothing', () => {
    expect(new ContentHash().digest).toEqual({ documents: 0, sizeBytes: 0, hash: '0000000000000000' });
  });
});
