import { createReadStream } from 'node:fs';
import { constants, createGunzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { pipeline, type Transform } from 'node:stream';
import type { Compression } from '../manifest.ts';
import { BackupError } from '../backup.error.ts';
import { collectGarbage } from '../../raw/collect-garbage.ts';
import type { ByteSink } from './byte-sink.ts';
import { GzipSink } from './gzip-sink.ts';

/** What follows the name of a file. */
export const SUFFIX: Readonly<Record<Compression, string>> = { none: '', gzip: '.gz', zstd: '.zst' };

const READ_BYTES = 1_024 * 1_024;
const ZSTD_LEVEL = 3;

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
    yield* collected(file);
    return;
  }
  // The error arrives at the reader of the decompressor.
  pipeline(file, decompressor, () => undefined);
  try {
    yield* collected(decompressor);
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

/** As {@link readDumpFile}, a small one as a whole. */
export async function readDumpText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readDumpFile(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* collected(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    yield chunk;
    collectGarbage(chunk.length);
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
    for await (const chunk of collected(this.#stream as AsyncIterable<Buffer>)) await this.#sink.write(chunk);
  }
}
