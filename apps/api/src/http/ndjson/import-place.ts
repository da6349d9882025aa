import { ProblemException } from '../problem.exception.ts';

/** Imports of the process at once: each holds three batches, and a place in the pool of connections. */
export const MAX_IMPORTS = 8;
/** Whoever was waited for so long altogether, and sent less than that meanwhile, has to go when somebody else needs the place. */
const SLOW = { waitedMs: 30_000, bytesPerSecond: 1_024 };

/**
 * The place of one import, taken until it is released. A client that sends little keeps it as long as there are others: slow streams are
 * welcome, but a few that drip cannot keep everybody out.
 */
export class ImportPlace {
  static readonly #taken = new Set<ImportPlace>();
  readonly #lost = new AbortController();
  readonly #slow: typeof SLOW;
  #bytes = 0;
  #waitedMs = 0;
  #waitsSince: number | undefined;

  private constructor(slow: typeof SLOW) {
    this.#slow = slow;
  }

  /** @throws {@link ProblemException} `TOO_MANY_IMPORTS` */
  static take(slow = SLOW): ImportPlace {
    if (this.#taken.size >= MAX_IMPORTS) this.#freeSlowest();
    const place = new ImportPlace(slow);
    this.#taken.add(place);
    return place;
  }

  static #freeSlowest(): void {
    const [slowest] = [...this.#taken].filter((place) => place.#isSlow).sort((a, b) => a.#rate - b.#rate);
    if (!slowest) throw new ProblemException('TOO_MANY_IMPORTS');
    slowest.release();
    slowest.#lost.abort(new ProblemException('REQUEST_TIMEOUT'));
  }

  /** Aborted, with what to tell the client, when somebody else was given the place. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Counts the time until `chunk` is there, and its bytes. */
  async waitFor<T extends { value?: Buffer | undefined }>(chunk: Promise<T>): Promise<T> {
    this.#waitsSince = performance.now();
    try {
      const result = await chunk;
      this.#bytes += result.value?.length ?? 0;
      return result;
    } finally {
      this.#waitedMs = this.#allWaitedMs;
      this.#waitsSince = undefined;
      this.#forget();
    }
  }

  release(): void {
    ImportPlace.#taken.delete(this);
  }

  get #allWaitedMs(): number {
    return this.#waitedMs + (this.#waitsSince === undefined ? 0 : performance.now() - this.#waitsSince);
  }

  /** Bytes a second while it was waited for. */
  get #rate(): number {
    return (this.#bytes / this.#allWaitedMs) * 1_000;
  }

  get #isSlow(): boolean {
    return this.#allWaitedMs >= this.#slow.waitedMs && this.#rate < this.#slow.bytesPerSecond;
  }

  /** What is long ago counts half. */
  #forget(): void {
    if (this.#waitedMs < 2 * this.#slow.waitedMs) return;
    this.#waitedMs /= 2;
    this.#bytes /= 2;
  }
}
