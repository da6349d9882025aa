import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdCompressSync } from 'node:zlib';
import { FileWriter } from '../file-writer.ts';
import type { Compression } from '../manifest.ts';
import { ReadBack } from '../read-back.ts';
import { compressInto, readDumpFile, SUFFIX } from './compression.ts';

const KINDS: Compression[] = ['none', 'gzip', 'zstd'];

describe('compression', () => {
  let folder: string;
  let readBack: ReadBack;
  beforeAll(() => {
    readBack = new ReadBack();
  });
  afterAll(() => readBack.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compression-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function write(content: Buffer, compression: Compression): Promise<string> {
    const path = join(folder, `data.bson${SUFFIX[compression]}`);
    const sink = compressInto(await FileWriter.create(path, readBack), compression);
    for (let at = 0; at < content.length; at += 300_001) await sink.write(content.subarray(at, at + 300_001));
    await sink.end();
    return path;
  }

  async function read(path: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of readDumpFile(path)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  // Several members of gzip, and one that is not full; nothing at all.
  const contents = [Buffer.alloc(0), Buffer.concat([randomBytes(2_500_000), Buffer.alloc(1_000_000, 'x')])];

  it.each(KINDS)('gives back what was written: %s', async (compression) => {
    for (const content of contents) {
      const path = await write(content, compression);
      expect((await read(path)).equals(content)).toBe(true);
      if (compression === 'gzip') expect(gunzipSync(await readFile(path)).equals(content)).toBe(true);
      await rm(path);
    }
  });

  it.each(KINDS.slice(1))('finds that a file is cut off: %s', async (compression) => {
    const path = await write(contents[1] ?? Buffer.alloc(0), compression);
    await truncate(path, 1_000_000);
    await expect(read(path)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  });

  it('does not pass over what stands behind the first frame of zstd', async () => {
    const path = join(folder, 'two.zst');
    await writeFile(path, Buffer.concat([zstdCompressSync('one'), zstdCompressSync('two')]));
    await expect(read(path)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  });
});
