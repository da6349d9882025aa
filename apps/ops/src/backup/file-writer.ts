import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { BackupError } from './backup.error.ts';
import type { ByteSink } from './dump-format/byte-sink.ts';
import type { ReadBack } from './read-back.ts';

/** No space left, quota used up, file too large for its limit. */
const SPACE_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

const SYNC_BYTES = 16 * 1_024 * 1_024;

/** Writes one new file, brings it to the disk, and has it read back from there, as far as possible while it grows. */
export class FileWriter implements ByteSink {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #readBack: ReadBack;
  #sizeBytes = 0;
  #crc = 0;
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;

  private constructor(path: string, file: FileHandle, readBack: ReadBack) {
    this.#path = path;
    this.#file = file;
    this.#readBack = readBack;
  }

  static async create(path: string, readBack: ReadBack): Promise<FileWriter> {
    return withSpaceNamed(async () => new FileWriter(path, await open(path, 'wx'), readBack));
  }

  async write(bytes: Buffer): Promise<void> {
    this.#sizeBytes += bytes.length;
    const written = this.#writeAll(bytes);
    this.#crc = crc32(bytes, this.#crc);
    await written;
    this.#unsyncedBytes += bytes.length;
    if (this.#unsyncedBytes >= SYNC_BYTES && !this.#syncing) this.#startSync();
  }

  async end(): Promise<void> {
    try {
      await this.#syncing;
      await withSpaceNamed(() => this.#file.datasync());
    } finally {
      await this.close();
    }
  }

  /** Gives it up where it is; after {@link end} it does nothing. */
  async close(): Promise<void> {
    await this.#syncing?.catch(() => undefined);
    await this.#file.close();
  }

  /**
   * Reads what is left of the file after {@link end}. Its SHA-256 is taken from what is there; that this is what was written, its size
   * and CRC-32 say, which cost little on the way.
   *
   * @throws {@link BackupError} `BACKUP_DAMAGED`
   */
  async readBack(): Promise<{ sizeBytes: number; sha256: string }> {
    const { sizeBytes, sha256, crc32: crc } = await this.#readBack.finish(this.#path);
    if (sizeBytes === this.#sizeBytes && crc === this.#crc) return { sizeBytes, sha256 };
    const message = 'What was read back is not what was written: this disk cannot be trusted';
    throw new BackupError('BACKUP_DAMAGED', message);
  }

  /** The disk begins while there is more to come, and not when everything waits for it. */
  #startSync(): void {
    this.#unsyncedBytes = 0;
    this.#syncing = this.#syncAndFollow(this.#sizeBytes);
    // A failure is met at the end, or by the file being closed.
    this.#syncing.catch(() => undefined);
  }

  async #syncAndFollow(sizeBytes: number): Promise<void> {
    await withSpaceNamed(() => this.#file.datasync());
    this.#syncing = undefined;
    // What fails here begins again at the end.
    this.#readBack.follow(this.#path, sizeBytes).catch(() => undefined);
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await withSpaceNamed(() => this.#file.write(bytes, at));
      at += bytesWritten;
    }
  }
}

/** Runs `work`; that there is no space is said in words. */
export async function withSpaceNamed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!SPACE_CODES.includes((cause as { code?: unknown }).code)) throw cause;
    const nextStep = 'free space, write to another disk with --out, or compress with --gzip or --zstd';
    throw new BackupError(
      'BACKUP_NO_SPACE',
      'There is no space left for the backup; nothing of it was kept',
      { cause, nextStep },
    );
  }
}
