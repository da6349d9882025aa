import { WorkerThread } from '../worker/worker-thread.ts';
import type { FileHash, ReadBackRequest } from './read-back.worker.ts';

/** Between two steps the progress is told and an end is heard. */
const STEP_BYTES = 32 * 1_024 * 1_024;

export interface HashFileOptions {
  /** Of the file, as far as that is known. */
  sizeBytes: number;
  /** Told the bytes so far. */
  onProgress?: (doneBytes: number) => void;
  signal?: AbortSignal | undefined;
}

/** Reads files in a thread of its own: their SHA-256 takes longer than anything else that is done with them. */
export class ReadBack {
  readonly #thread = WorkerThread.start<ReadBackRequest, FileHash>('read-back', import.meta.url);

  /** Reads a file that grows: the bytes that are there by now. */
  async follow(path: string, toBytes: number): Promise<void> {
    await this.#thread.call({ path, toBytes });
  }

  /** Reads a file to its end: all of it, or what {@link follow} has left. */
  finish(path: string): Promise<FileHash> {
    return this.#thread.call({ path });
  }

  /** Reads a file as a whole. */
  async hash(path: string, { sizeBytes, onProgress, signal }: HashFileOptions): Promise<FileHash> {
    for (let toBytes = STEP_BYTES; toBytes < sizeBytes; toBytes += STEP_BYTES) {
      await this.follow(path, toBytes);
      signal?.throwIfAborted();
      onProgress?.(toBytes);
    }
    return this.finish(path);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
