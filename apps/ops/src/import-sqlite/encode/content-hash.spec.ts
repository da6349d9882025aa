import fc from 'fast-check';
import { ContentHash } from './content-hash.ts';

function hashOf(documents: readonly Uint8Array[], begin?: ContentHash): ContentHash {
  const hash = new ContentHash(begin?.state);
  for (const bytes of documents) {
    hash.add(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.byteLength);
  }
  return hash;
}

const document = fc.uint8Array({ minLength: 1, maxLength: 40 });

describe(ContentHash.name, () => {
  it('does not depend on the order, nor on where it was interrupted', () => {
    fc.assert(
      fc.property(fc.array(document), fc.nat(), (documents, cut) => {
        const whole = hashOf(documents).toString();
        const half = cut % (documents.length + 1);
        expect(hashOf(documents.toReversed()).toString()).toBe(whole);
        expect(hashOf(documents.slice(half), hashOf(documents.slice(0, half))).toString()).toBe(whole);
      }),
    );
  });

  it('shows every changed bit, and values that have changed places', () => {
    fc.assert(
      fc.property(document, document, fc.nat(), fc.nat(7), (a, b, place, bit) => {
        const changed = Uint8Array.from(a);
        const at = place % a.length;
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(hashOf([changed, b]).toString()).not.toBe(hashOf([a, b]).toString());
      }),
    );
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    expect(hashOf([text('a:1 b:2'), text('a:2 b:1')]).toString()).not.toBe(
      hashOf([text('a:1 b:1'), text('a:2 b:2')]).toString(),
    );
  });

  it('counts documents and bytes', () => {
    expect(hashOf([Uint8Array.of(1, 2), Uint8Array.of(3)]).state).toMatchObject({
      documents: 2,
      sizeBytes: 3,
    });
  });
});
