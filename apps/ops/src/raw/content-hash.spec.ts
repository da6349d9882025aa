import fc from 'fast-check';
import { mongo } from 'mongoose';
import {
  ContentHash,
  EMPTY_CONTENT,
  isSameContent,
  withoutContent,
  type ContentDigest,
} from './content-hash.ts';
import { HASH_NUMBERS } from './sum-hashes.ts';

const documents = Array.from({ length: 50 }, (_, n) =>
  Buffer.from(mongo.BSON.serialize({ _id: n, text: 'x'.repeat(n), flag: n % 2 === 0 })),
);
const document = fc
  .uint8Array({ maxLength: 40 })
  .map((bytes) => Buffer.from(mongo.BSON.serialize({ b: new mongo.Binary(bytes) })));

function digestOf(list: readonly Buffer[], begin?: ContentDigest): ContentDigest {
  const content = new ContentHash(begin);
  content.add(Buffer.concat(list), list.length);
  return content.digest;
}

/** The same by the definition, slowly. */
function hashOf(bytes: Buffer): bigint {
  const { seed, word, end } = HASH_NUMBERS;
  const wrapped = (number: bigint): bigint => BigInt.asUintN(64, number);
  let hash: bigint = seed;
  const whole = bytes.length - (bytes.length % 8);
  const take = (value: bigint): void => {
    hash = wrapped((hash ^ value) * word);
    hash ^= hash >> 32n;
  };
  for (let at = 0; at < whole; at += 8) take(bytes.readBigUInt64LE(at));
  for (const byte of bytes.subarray(whole)) take(BigInt(byte));
  for (const number of end) hash = wrapped((hash ^ (hash >> 33n)) * number);
  return hash ^ (hash >> 33n);
}

describe(withoutContent, () => {
  it('is what was there before the documents came', () => {
    fc.assert(
      fc.property(fc.array(document), fc.array(document), (kept, taken) => {
        expect(withoutContent(digestOf([...kept, ...taken]), digestOf(taken))).toEqual(digestOf(kept));
      }),
    );
  });
});

describe(ContentHash.name, () => {
  it('is the sum of the hashes of the documents', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 9 }), (list) => {
        const sum = BigInt.asUintN(
          64,
          list.reduce((before, bytes) => before + hashOf(bytes), 0n),
        );
        expect(digestOf(list).hash).toBe(sum.toString(16).padStart(16, '0'));
      }),
    );
  });

  it('is the same in any order, in any portions, and after an interruption', () => {
    fc.assert(
      fc.property(fc.array(document), fc.nat(), (list, cut) => {
        const whole = digestOf(list);
        const half = cut % (list.length + 1);
        expect(digestOf(list.toReversed())).toEqual(whole);
        expect(digestOf(list.slice(half), digestOf(list.slice(0, half)))).toEqual(whole);
      }),
    );
  });

  it.each([50, 2_100])('is another one when any single bit of a document of %d bytes differs', (size) => {
    const last = Buffer.from(mongo.BSON.serialize({ text: 'x'.repeat(size) }));
    const whole = digestOf([...documents, last]);
    // The first four bytes are its size.
    for (let bit = 4 * 8; bit < last.length * 8; bit += 1) {
      const flipped = Buffer.from(last);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(isSameContent(digestOf([...documents, flipped]), whole)).toBe(false);
    }
  });

  it('tells what two documents have exchanged', () => {
    const set = (a: number, b: number): Buffer[] =>
      [
        { _id: 1, n: a },
        { _id: 2, n: b },
      ].map((each) => Buffer.from(mongo.BSON.serialize(each)));
    expect(digestOf(set(3, 4)).hash).not.toBe(digestOf(set(4, 3)).hash);
  });

  it('takes documents of any size', () => {
    const large = Buffer.from(mongo.BSON.serialize({ text: 'x'.repeat(16_000_000) }));
    const { hash } = digestOf([large]);
    const sum = BigInt.asUintN(64, BigInt(`0x${hash}`) + BigInt(`0x${digestOf(documents).hash}`));
    expect(BigInt(`0x${digestOf([...documents, large]).hash}`)).toBe(sum);
  });

  it('is nothing for nothing, and counts', () => {
    expect(new ContentHash().digest).toEqual(EMPTY_CONTENT);
    const sizeBytes = documents.reduce((sum, { length }) => sum + length, 0);
    expect(digestOf(documents)).toMatchObject({ documents: 50, sizeBytes });
  });

  it.each([
    ['is cut off', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['has no size', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(8)])],
    ['has a negative size', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(8, 0xff)])],
  ])('refuses a document that %s', (_, spoil) => {
    expect(() => new ContentHash().add(spoil(Buffer.concat(documents)), 1)).toThrow('unreachable');
  });
});
