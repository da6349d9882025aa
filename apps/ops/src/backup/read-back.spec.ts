import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ReadBack } from './read-back.ts';
import type { FileHash } from './read-back.worker.ts';

describe(ReadBack.name, () => {
  let folder: string;
  let path: string;
  let readBack: ReadBack;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'read-back-'));
    path = join(folder, 'data');
    readBack = new ReadBack();
  });
  afterEach(async () => {
    await readBack.close();
    await rm(folder, { recursive: true });
  });

  const hashOf = (content: Buffer): FileHash => ({
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    crc32: crc32(content),
  });

  it('follows a file that grows', async () => {
    const content = Buffer.alloc(1_000_003, 'growing');
    await writeFile(path, content.subarray(0, 600_001));
    await readBack.follow(path, 300_000);
    // No farther than it was told, since the rest may not be there yet.
    await writeFile(path, content);
    await readBack.follow(path, 700_000);
    expect(await readBack.finish(path)).toEqual(hashOf(content));
  });

  it('begins again after the end, and after a failure', async () => {
    await writeFile(path, 'one');
    expect(await readBack.finish(path)).toEqual(hashOf(Buffer.from('one')));
    await unlink(path);
    await expect(readBack.follow(path, 3)).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(path, 'two');
    expect(await readBack.finish(path)).toEqual(hashOf(Buffer.from('two')));
    await appendFile(path, ' more');
    expect(await readBack.finish(path)).toEqual(hashOf(Buffer.from('two more')));
  });

  it('tells how far it is, and can be ended', async () => {
    const content = Buffer.alloc(70_000_000, 'x');
    await writeFile(path, content);
    const progress: number[] = [];
    const onProgress = (bytes: number): void => void progress.push(bytes);
    expect(await readBack.hash(path, { sizeBytes: content.length, onProgress })).toEqual(hashOf(content));
    expect(progress).toEqual([33_554_432, 67_108_864]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(readBack.hash(path, { sizeBytes: content.length, signal })).rejects.toThrow('enough');
  });

  it('fails what waits when it is closed', async () => {
    await writeFile(path, Buffer.alloc(70_000_000));
    const waiting = readBack.finish(path);
    await Promise.all([expect(waiting).rejects.toThrow('ended'), readBack.close()]);
    await expect(readBack.finish(path)).rejects.toThrow('ended');
  });
});
