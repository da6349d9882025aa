import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';

export interface FileHash {
  sizeBytes: number;
  /** In lower-case hex. */
  sha256: string;
  crc32: number;
}

export interface HashFileOptions {
  /** Told the bytes so far. */
  onProgress?: (doneBytes: number) => void;
  signal?: AbortSignal | undefined;
}

const READ_BYTES = 1_024 * 1_024;

/** Reads a file to its end. */
export async function hashFile(
  path: string,
  { onProgress, signal }: HashFileOptions = {},
): Promise<FileHash> {
  const hash = createHash('sha256');
  let [sizeBytes, crc] = [0, 0];
  const file = createReadStream(path, { highWaterMark: READ_BYTES, ...(signal && { signal }) });
  for await (const chunk of file as AsyncIterable<Buffer>) {
    hash.update(chunk);
    crc = crc32(chunk, crc);
    sizeBytes += chunk.length;
    onProgress?.(sizeBytes);
  }
  return { sizeBytes, sha256: hash.digest('hex'), crc32: crc };
}
