import { BackupError } from '../backup/backup.error.ts';
import { documentSize } from '../backup/dump-format/bson-walk.ts';
import type { RawDocuments } from '../raw/insert-raw.ts';

/** Larger messages are no faster, and each is in memory three times while the driver sends it. */
const BATCH_BYTES = 2_000_000;
const BATCH_DOCUMENTS = 50_000;

/** Documents whose memory is used again after `release`. */
export interface PooledDocuments extends RawDocuments {
  release: () => void;
}

/** Memory for batches: without it the collector would let the process grow by what was read lately. */
export class BatchPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BATCH_BYTES);
  }

  give(buffer: Buffer): void {
    if (buffer.length === BATCH_BYTES) this.#free.push(buffer);
  }
}

/** Gathers documents that stand one after the other until they make a batch. */
export class BatchBuilder {
  readonly #pool: BatchPool;
  #buffer: Buffer;
  /** End of the bytes that are here. */
  #end = 0;

  constructor(pool: BatchPool) {
    this.#pool = pool;
    this.#buffer = pool.take();
  }

  /** Memory for the bytes that come next. There always is some. */
  get space(): Buffer {
    return this.#buffer.subarray(this.#end);
  }

  /** Adds the first bytes of {@link space}, which may end within a document, and returns the batches that have become full. */
  *fill(sizeBytes: number): Generator<PooledDocuments> {
    this.#end += sizeBytes;
    while (this.#end === this.#buffer.length) yield* this.#cut();
  }

  /** Adds bytes from elsewhere. */
  *add(chunk: Buffer): Generator<PooledDocuments> {
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(this.space, 0, at);
      at += copied;
      yield* this.fill(copied);
    }
  }

  /**
   * The last batches.
   *
   * @throws {@link BackupError} `BACKUP_DAMAGED` when the bytes end within a document
   */
  *finish(): Generator<PooledDocuments> {
    while (this.#end > 0) {
      const before = this.#end;
      yield* this.#cut();
      if (this.#end === before) throw endsWithin();
    }
    this.#pool.give(this.#buffer);
  }

  /** Takes the whole documents from the front; when there is none yet, makes room for one. */
  *#cut(): Generator<PooledDocuments> {
    const full = this.#buffer;
    const { end, count } = measure(full.subarray(0, this.#end));
    const rest = full.subarray(end, this.#end);
    this.#buffer = this.#roomFor(rest);
    rest.copy(this.#buffer);
    this.#end = rest.length;
    if (count === 0) this.#pool.give(full);
    else yield { bytes: full.subarray(0, end), count, release: () => this.#pool.give(full) };
  }

  #roomFor(rest: Buffer): Buffer {
    const size = documentSize(rest, 0) ?? 0;
    return size > BATCH_BYTES ? Buffer.allocUnsafeSlow(size) : this.#pool.take();
  }
}

/** Where the last whole document ends that still belongs into a batch. */
function measure(bytes: Buffer): { end: number; count: number } {
  let end = 0;
  let count = 0;
  while (count < BATCH_DOCUMENTS) {
    const size = documentSize(bytes, end);
    if (size === undefined || end + size > bytes.length) break;
    end += size;
    count += 1;
  }
  return { end, count };
}

function endsWithin(): BackupError {
  return new BackupError('BACKUP_DAMAGED', 'The backup is damaged: it ends within a document');
}
