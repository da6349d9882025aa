import { DatabaseUnavailableError } from '#database';

/**
 * Documents of all pages that are read at once: twenty pages of the longest, which with documents of 10 KB take 60 MB on their way from the
 * database to their text, or as many of the usual length as the pool has connections by default.
 */
const MAX_DOCUMENTS = 2_000;
/** A queue that was never empty for this long is no burst any more, in milliseconds. */
const PATIENCE_MS = 1_000;
/** How long one waits at most, in milliseconds: as for a connection by default. */
const MAX_WAIT_MS = 5_000;

/** Who waits for room. */
interface Waiting {
  documents: number;
  /** Ends the wait. */
  enter: () => void;
}

/**
 * Room for pages in the process, in documents: more of them wait for their turn, in order, before they ask the database. Without
 * that, hundreds of long pages are in memory together, take every connection from everything else, such as the check of health, and
 * keep the event loop busy for seconds.
 */
export class PagePlaces {
  #free: number;
  readonly #max: number;
  readonly #waiting = new Set<Waiting>();
  #waitingDocuments = 0;
  #waitingSince = 0;

  /** @param max - Documents at once; a longer page is read by itself */
  constructor(max = MAX_DOCUMENTS) {
    this.#max = max;
    this.#free = max;
  }

  /** Pages that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Reads a page when there is room for it, which it has until `read` is done.
   *
   * @param documents - The most that it may have
   * @throws {@link DatabaseUnavailableError} When there is none in time
   */
  async read<R>(documents: number, read: () => Promise<R>): Promise<R> {
    const size = Math.min(documents, this.#max);
    if (this.#waiting.size > 0 || size > this.#free) await this.#wait(size);
    else this.#free -= size;
    try {
      return await read();
    } finally {
      this.#free += size;
      this.#letIn();
    }
  }

  async #wait(documents: number): Promise<void> {
    const now = performance.now();
    if (this.#waiting.size === 0) this.#waitingSince = now;
    const isBurst = now - this.#waitingSince < PATIENCE_MS;
    if (!isBurst && this.#waitingDocuments > this.#max) throw new DatabaseUnavailableError('overloaded');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { documents, enter: resolve };
    const timer = setTimeout(() => {
      this.#leaveQueue(waiting);
      reject(new DatabaseUnavailableError('overloaded'));
      // Shorter ones behind it may have room.
      this.#letIn();
    }, MAX_WAIT_MS);
    this.#waiting.add(waiting);
    this.#waitingDocuments += documents;
    await promise.finally(() => clearTimeout(timer));
  }

  #letIn(): void {
    for (const waiting of this.#waiting) {
      if (waiting.documents > this.#free) return;
      this.#free -= waiting.documents;
      this.#leaveQueue(waiting);
      waiting.enter();
    }
  }

  #leaveQueue(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#waitingDocuments -= waiting.documents;
  }
}

export const PAGES = new PagePlaces();
