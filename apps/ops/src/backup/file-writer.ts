import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { BackupError } from './backup.error.ts';
import type { ByteSink } from './dump-format/compression.ts';
import { hashFile } from './hash-file.ts';

/** No space left, quota used up, file too large for its limit. */
const SPACE_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

const SYNC_BYTES = 32 * 1_024 * 1_024;

/** Writes one new file, and brings it to the disk at the end. */
export class FileWriter implements ByteSink {
  readonly #path: string;
  readonly #file: FileHandle;
  #sizeBytes = 0;
  #crc = 0;
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<FileWriter> {
    return withSpaceNamed(async () => new FileWriter(path, await open(path, 'wx')));
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
      await withSpaceNamed(() => this.#file.sync());
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
   * Reads the file after {@link end}. Its SHA-256 is taken from what is there; that this is what was written, its size and CRC-32 say,
   * which cost next to nothing on the way.
   *
   * @throws {@link BackupError} `BACKUP_DAMAGED`
   */
  async readBack(): Promise<{ sizeBytes: number; sha256: string }> {
    const { sizeBytes, sha256, crc32: crc } = await hashFile(this.#path);
    if (sizeBytes === this.#sizeBytes && crc === this.#crc) return { sizeBytes, sha256 };
    const message = 'What was read back is not what was written: this disk cannot be trusted';
    throw new BackupError('BACKUP_DAMAGED', message);
  }

  /** The disk begins while there is more to come, and not when everything waits for it. */
  #startSync(): void {
    this.#unsyncedBytes = 0;
    const syncing = withSpaceNamed(() => this.#file.datasync());
    this.#syncing = syncing;
    // A failure is met at the end, or by the file being closed.
    syncing.then(
      () => (this.#syncing = undefined),
      () => undefined,
    );
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
