import { ProblemException } from '../problem.exception.ts';

/**
 * Long pages in the process at once, from the question to the views of their entries: few enough for the memory of the container when
 * each is 1 MB, which 100 contacts with notes of full length are, and four fifths of a pool of the usual size are left to everything else.
 */
export const MAX_LONG_PAGES = 20;
/** When the first one has waited for so long, in milliseconds, whoever comes then would wait in vain. */
const PATIENCE_MS = 1_000;
/** How long one waits at most, in milliseconds: as for a connection by default. */
const MAX_WAIT_MS = 5_000;

/** A page that waits. */
interface Waiting {
  since: number;
  /** Ends the wait. */
  enter: () => void;
}

/**
 * Lets a few long pages be read at once, and the others wait in their order before they ask the database. Hundreds of them together
 * would be in memory at the same time, take every connection from everything else, such as the check of health, and keep the event
 * loop busy for seconds.
 */
export class LongPages {
  #reading = 0;
  readonly #max: number;
  readonly #waiting = new Set<Waiting>();

  /** @param max - Pages at once */
  constructor(max = MAX_LONG_PAGES) {
    this.#max = max;
  }

  /** Pages that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Reads a page when it is its turn.
   *
   * @param gone - Aborted when nobody wants it any more
   * @throws {@link ProblemException} When it is not its turn in time, or nobody waits for it
   */
  async read<R>(gone: AbortSignal, read: () => Promise<R>): Promise<R> {
    if (this.#reading < this.#max) this.#reading += 1;
    else await this.#wait(gone);
    try {
      return await read();
    } finally {
      this.#leave();
    }
  }

  async #wait(gone: AbortSignal): Promise<void> {
    const since = performance.now();
    const [first] = this.#waiting;
    if (first && since - first.since >= PATIENCE_MS) throw new ProblemException('TOO_MANY_PAGES');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { since, enter: resolve };
    const stop = (error: ProblemException): void => {
      this.#waiting.delete(waiting);
      reject(error);
    };
    const onGone = (): void => stop(new ProblemException('BAD_REQUEST'));
    const timer = setTimeout(() => stop(new ProblemException('TOO_MANY_PAGES')), MAX_WAIT_MS);
    gone.addEventListener('abort', onGone);
    this.#waiting.add(waiting);
    if (gone.aborted) onGone();
    await promise.finally(() => {
      clearTimeout(timer);
      gone.removeEventListener('abort', onGone);
    });
  }

  /** Its place is that of the next one, if there is one. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#reading -= 1;
      return;
    }
    this.#waiting.delete(next);
    next.enter();
  }
}

export const LONG_PAGES = new LongPages();
