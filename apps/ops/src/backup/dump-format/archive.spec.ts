import { mongo } from 'mongoose';
import { ArchivedStream, encodePrelude, readArchive } from './archive.ts';
import { Crc64 } from './crc64.ts';

const { BSON } = mongo;
const collection = (name: string) => ({
  database: 'shop',
  collection: name,
  metadata: '{"indexes":[]}',
  type: 'collection',
});
const prelude = {
  serverVersion: '6.0.5',
  toolVersion: 'spec',
  concurrentCollections: 2,
  collections: [collection('a'), collection('b')],
};

/** Two collections between each other. */
function archive(): Buffer {
  const [a, b] = ['a', 'b'].map((name) => new ArchivedStream({ database: 'shop', collection: name }));
  const documents = (...numbers: number[]): Buffer =>
    Buffer.concat(numbers.map((n) => BSON.serialize({ _id: n })));
  const blocks = [
    a?.block(documents(1, 2)),
    b?.block(documents(3)),
    a?.block(documents(4)),
    a?.end(),
    b?.end(),
  ];
  return Buffer.concat([encodePrelude(prelude), ...blocks.flatMap((block) => block ?? [])]);
}

async function read(whole: Buffer, chunkBytes = 100): Promise<string[]> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < whole.length; at += chunkBytes) yield whole.subarray(at, at + chunkBytes);
  }
  const events: string[] = [];
  for await (const event of readArchive(chunks())) {
    if (event.kind === 'prelude')
      events.push(`prelude ${event.collections.map((each) => each.collection).join()}`);
    else if (event.kind === 'end') events.push(`end ${event.collection}`);
    else for (const each of event.documents) events.push(`${event.collection} ${BSON.deserialize(each)._id}`);
  }
  return events;
}

describe(readArchive.name, () => {
  it.each([1, 5, 33, 10_000])('reads what was written, in chunks of %d bytes', async (chunkBytes) => {
    expect(await read(archive(), chunkBytes)).toEqual([
      'prelude a,b',
      'a 1',
      'a 2',
      'b 3',
      'a 4',
      'end a',
      'end b',
    ]);
  });

  it('finds every cut', async () => {
    const whole = archive();
    for (let size = 0; size < whole.length; size += 1)
      await expect(read(whole.subarray(0, size))).rejects.toThrow();
  });

  it('finds every changed byte by the structure or the CRC, unless nothing depends on it', async () => {
    const whole = archive();
    const events = await read(whole);
    const start = encodePrelude(prelude).length;
    for (let at = start; at < whole.length; at += 1) {
      const changed = Buffer.from(whole);
      changed.writeUInt8((changed[at] ?? 0) ^ 0x10, at);
      const outcome = await read(changed).catch(() => 'found');
      if (outcome !== 'found') expect(outcome).toEqual(events);
    }
  });

  it('says that a file is something else', async () => {
    await expect(read(Buffer.from('not an archive'))).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
  });
});

describe(Crc64.name, () => {
  it.each([
    ['', '0'],
    ['123456789', '995dc9bbdf1939fa'],
    ['The quick brown fox jumps over the lazy dog', '5b5eb8c2e54aa1c4'],
  ])('of %j is that of Go', (text, expected) => {
    const whole = new Crc64().update(Buffer.from(text)).digest();
    const parts = new Crc64();
    for (const byte of Buffer.from(text)) parts.update(Buffer.of(byte));
    expect(BigInt.asUintN(64, whole).toString(16)).toBe(expected);
    expect(parts.digest()).toBe(whole);
  });
});
