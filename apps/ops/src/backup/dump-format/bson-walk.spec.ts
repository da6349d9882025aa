import { mongo } from 'mongoose';
import { checkDocument, splitDocuments } from './bson-walk.ts';

const { BSON } = mongo;
const documents = [
  {},
  { a: 'x'.repeat(300) },
  { n: 1, list: [1, { b: true }], re: /x/i, code: new BSON.Code('f', { a: 1 }) },
];
const bytes = documents.map((document) => Buffer.from(BSON.serialize(document)));

async function split(whole: Buffer, chunkBytes: number): Promise<string[]> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < whole.length; at += chunkBytes) yield whole.subarray(at, at + chunkBytes);
  }
  const found: string[] = [];
  for await (const batch of splitDocuments(chunks()))
    found.push(...batch.map((each) => each.toString('hex')));
  return found;
}

describe(splitDocuments.name, () => {
  it.each([1, 3, 7, 64, 100_000])('finds the documents in chunks of %d bytes', async (chunkBytes) => {
    expect(await split(Buffer.concat(bytes), chunkBytes)).toEqual(bytes.map((each) => each.toString('hex')));
  });

  it('finds every cut inside a document', async () => {
    const whole = Buffer.concat(bytes);
    const ends = new Set(bytes.map((_, index) => Buffer.concat(bytes.slice(0, index + 1)).length).concat(0));
    for (let size = 0; size <= whole.length; size += 1) {
      const outcome = split(whole.subarray(0, size), 50);
      if (ends.has(size)) await outcome;
      else await expect(outcome).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    }
  });
});

describe(checkDocument.name, () => {
  it('takes what the driver writes', () => {
    for (const document of bytes) expect(() => checkDocument(document)).not.toThrow();
  });

  it.each<[string, (copy: Buffer) => void]>([
    ['a size', (copy) => copy.writeInt32LE(copy.length - 1, 0)],
    ['a type', (copy) => copy.writeUInt8(0x55, 4)],
    ['the end', (copy) => copy.writeUInt8(1, copy.length - 1)],
    ['the size of a text', (copy) => copy.writeInt32LE(400, 7)],
    ['the end of a text', (copy) => copy.writeUInt8(65, copy.length - 2)],
  ])('refuses %s that is wrong', (_, change) => {
    const copy = Buffer.from(bytes[1] ?? []);
    change(copy);
    expect(() => checkDocument(copy)).toThrow('damaged');
  });
});
