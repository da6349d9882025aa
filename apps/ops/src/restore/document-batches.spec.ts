import fc from 'fast-check';
import { mongo } from 'mongoose';
import { BatchBuilder, BatchPool, type PooledDocuments } from './document-batches.ts';

function documentOf(size: number): Buffer {
  return Buffer.from(mongo.BSON.serialize({ t: 'x'.repeat(Math.max(0, size - 13)) }));
}

function cut(bytes: Buffer, chunkBytes: number): Buffer[] {
  const builder = new BatchBuilder(new BatchPool());
  const copies: Buffer[] = [];
  const keep = ({ bytes: documents, release }: PooledDocuments): void => {
    copies.push(Buffer.from(documents));
    // What comes next is written over it.
    release();
  };
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    for (const batch of builder.add(bytes.subarray(at, at + chunkBytes))) keep(batch);
  }
  for (const batch of builder.finish()) keep(batch);
  return copies;
}

describe(BatchBuilder.name, () => {
  it('gives back the same bytes, in whole documents, however they arrive', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 20, max: 400 }), fc.constant(1_999_990)), {
      maxLength: 20,
    });
    const chunk = fc.integer({ min: 1_000, max: 4_000_000 });
    fc.assert(
      fc.property(sizes, chunk, (list, chunkBytes) => {
        const documents = list.map(documentOf);
        const batches = cut(Buffer.concat(documents), chunkBytes);
        expect(Buffer.concat(batches).equals(Buffer.concat(documents))).toBe(true);
        const starts = new Set<number>();
        let at = 0;
        for (const { length } of documents) {
          starts.add(at);
          at += length;
        }
        let begin = 0;
        for (const batch of batches) {
          expect(starts.has(begin)).toBe(true);
          begin += batch.length;
        }
      }),
      { numRuns: 30 },
    );
  });

  it('takes a document that is larger than a batch', () => {
    const documents = [documentOf(100), documentOf(16_000_000), documentOf(100)];
    const batches = cut(Buffer.concat(documents), 1_000_000);
    expect(batches.map(({ length }) => length)).toEqual([100, 16_000_000, 100]);
  });

  it('makes a batch of many small documents before a message would hold too many', () => {
    const small = Buffer.from(mongo.BSON.serialize({}));
    const batches = cut(Buffer.concat(Array.from({ length: 120_000 }, () => small)), 65_536);
    expect(Math.max(...batches.map(({ length }) => length / small.length))).toBe(50_000);
  });

  it('refuses bytes that end within a document', () => {
    const bytes = Buffer.concat([documentOf(100), documentOf(100)]);
    expect(() => cut(bytes.subarray(0, -7), 64)).toThrow('it ends within a document');
  });
});
