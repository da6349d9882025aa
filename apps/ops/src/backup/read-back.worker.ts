import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { serve } from '../worker/serve.ts';

export interface ReadBackRequest {
  path: string;
  /** Bytes from the start to which it is read, from where the last request has ended; without, to its end, and it is closed. */
  toBytes?: number;
}

/** What has been read of a file so far. */
export interface FileHash {
  sizeBytes: number;
  /** In lower-case hex. */
  sha256: string;
  crc32: number;
}

/** Small enough to stay in the cache of the processor between its two sums. */
const READ_BYTES = 256 * 1_024;
const buffer = Buffer.allocUnsafeSlow(READ_BYTES);

class OpenFile {
  readonly #descriptor: number;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;
  #crc = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
  }

  read(toBytes: number): FileHash {
    while (this.#sizeBytes < toBytes) {
      const length = Math.min(READ_BYTES, toBytes - this.#sizeBytes);
      const bytes = buffer.subarray(0, readSync(this.#descriptor, buffer, 0, length, null));
      if (bytes.length === 0) break;
      this.#hash.update(bytes);
      this.#crc = crc32(bytes, this.#crc);
      this.#sizeBytes += bytes.length;
    }
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.copy().digest('hex'), crc32: this.#crc };
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

const files = new Map<string, OpenFile>();

serve(({ path, toBytes }: ReadBackRequest): FileHash => {
  const file = files.get(path) ?? new OpenFile(path);
  files.set(path, file);
  let isOpen = false;
  try {
    const hash = file.read(toBytes ?? Infinity);
    isOpen = toBytes !== undefined;
    return hash;
  } finally {
    if (!isOpen) {
      files.delete(path);
      file.close();
    }
  }
});
