import { createReadStream } from 'node:fs';
import { constants, createGunzip, createZstdCompress, createZstdDecompress, gzip } from 'node:zlib';
import { pipeline, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import type { Compression } from '../manifest.ts';
import { BackupError } from '../backup.error.ts';

/** What follows the name of a file. */
export const SUFFIX: Readonly<Record<Compression, string>> = { none: '', gzip: '.gz', zstd: '.zst' };

/** Bytes of one member of a .gz file: they are compressed at the same time, on all processors. */
const MEMBER_BYTES = 1_024 * 1_024;
const MEMBERS_IN_FLIGHT = 4;
const READ_BYTES = 1_024 * 1_024;
/** A third of the time of level 6, which mongodump has, for files that are a twentieth larger. */
const GZIP_LEVEL = 3;
const ZSTD_LEVEL = 3;

const compressMember = promisify(gzip);

/** Takes the bytes of one file in order. */
export interface ByteSink {
  /** Resolves when the bytes are no longer needed. Must not be called again before that. */
  write(bytes: Buffer): Promise<void>;
  /** Resolves when everything has been written. */
  end(): Promise<void>;
}

/** Compresses what is written on its way into `sink`. */
export function compressInto(sink: ByteSink, compression: Compression): ByteSink {
  if (compression === 'gzip') return new GzipSink(sink);
  return compression === 'zstd' ? new StreamSink(sink, zstd()) : sink;
}

/**
 * Bytes of a file of a dump, decompressed as its name says.
 *
 * @throws {@link BackupError} `BACKUP_DAMAGED` when they cannot be decompressed, or something stands behind them
 */
export async function* readDumpFile(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES, ...(signal && { signal }) });
  const decompressor = decompressorFor(path);
  if (!decompressor) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  // The error arrives at the reader of the decompressor.
  pipeline(file, decompressor, () => undefined);
  try {
    yield* decompressor as AsyncIterable<Buffer>;
  } catch (cause) {
    if (signal?.aborted || !isDecompressionError(cause)) throw cause;
    throw new BackupError('BACKUP_DAMAGED', 'The backup is damaged: a file cannot be decompressed', {
      cause,
    });
  } finally {
    file.destroy();
  }
  // What Node's decompressor finds behind the first frame of zstd is passed over in silence.
  if (decompressor.bytesWritten < file.bytesRead) {
    throw new BackupError('BACKUP_DAMAGED', 'The backup is damaged: a file goes on after its end');
  }
}

function decompressorFor(path: string): (Transform & { bytesWritten: number }) | undefined {
  if (path.endsWith(SUFFIX.gzip)) return createGunzip({ chunkSize: READ_BYTES });
  return path.endsWith(SUFFIX.zstd) ? createZstdDecompress({ chunkSize: READ_BYTES }) : undefined;
}

function isDecompressionError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(Z_|ZSTD_|ERR_ZLIB)/.test(code);
}

function zstd(): Transform {
  const params = { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 };
  return createZstdCompress({ chunkSize: READ_BYTES, params });
}

/** Several members make one .gz file, so that they need not wait for each other. */
class GzipSink implements ByteSink {
  readonly #sink: ByteSink;
  #member = Buffer.allocUnsafeSlow(MEMBER_BYTES);
  #filled = 0;
  #isEmpty = true;
  readonly #inFlight: Promise<Buffer>[] = [];

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const copied = bytes.copy(this.#member, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === MEMBER_BYTES) await this.#compress();
    }
  }

  async end(): Promise<void> {
    if (this.#filled > 0 || this.#isEmpty) await this.#compress();
    while (this.#inFlight.length > 0) await this.#writeFirst();
    await this.#sink.end();
  }

  async #compress(): Promise<void> {
    const member = compressMember(this.#member.subarray(0, this.#filled), {
      level: GZIP_LEVEL,
      chunkSize: READ_BYTES / 4,
    });
    // Its turn to be waited for comes later.
    member.catch(() => undefined);
    this.#inFlight.push(member);
    this.#member = Buffer.allocUnsafeSlow(MEMBER_BYTES);
    this.#filled = 0;
    this.#isEmpty = false;
    if (this.#inFlight.length >= MEMBERS_IN_FLIGHT) await this.#writeFirst();
  }

  async #writeFirst(): Promise<void> {
    const member = await this.#inFlight.shift();
    if (member) await this.#sink.write(member);
  }
}

class StreamSink implements ByteSink {
  readonly #sink: ByteSink;
  readonly #stream: Transform;
  readonly #copied: Promise<void>;

  constructor(sink: ByteSink, stream: Transform) {
    this.#sink = sink;
    this.#stream = stream;
    this.#copied = this.#copy();
    // Its failure is met by the next write, or by the end.
    this.#copied.catch((error: Error) => stream.destroy(error));
  }

  async write(bytes: Buffer): Promise<void> {
    await new Promise<void>((done, fail) => {
      this.#stream.write(bytes, (error) => (error ? fail(error) : done()));
    });
  }

  async end(): Promise<void> {
    this.#stream.end();
    await this.#copied;
    await this.#sink.end();
  }

  async #copy(): Promise<void> {
    for await (const chunk of this.#stream as AsyncIterable<Buffer>) await this.#sink.write(chunk);
  }
}
