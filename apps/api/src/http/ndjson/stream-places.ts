import type { ProblemCode } from '../problem-codes.ts';
import { ProblemException } from '../problem.exception.ts';

/** Streams of a kind in the process at once. An import holds three batches and a place in the pool of connections, an export a batch and a cursor. */
export const MAX_STREAMS = 8;
/** Whoever was waited for so long altogether, and sent or took less than that meanwhile, has to go when somebody else needs the place. */
const SLOW = { waitedMs: 30_000, bytesPerSecond: 1_024 };

/**
 * The places of one kind of stream. A client that is slow keeps its place as long as there are others: slow streams are welcome, but a
 * few that drip cannot keep everybody out.
 */
export class StreamPlaces {
  readonly #taken = new Set<StreamPlace>();
  readonly #full: ProblemCode;
  readonly #slow: typeof SLOW;

  /** @param full - What to tell a client when there is no place */
  constructor(full: ProblemCode, slow = SLOW) {
    this.#full = full;
    this.#slow = slow;
  }

  /** @throws {@link ProblemException} When all are taken, and nobody is slow */
  take(): StreamPlace {
    if (this.#taken.size >= MAX_STREAMS) this.#freeSlowest();
    const place = new StreamPlace(this.#slow, () => this.#taken.delete(place));
    this.#taken.add(place);
    return place;
  }

  #freeSlowest(): void {
    const [slowest] = [...this.#taken].filter((place) => place.isSlow).sort((a, b) => a.rate - b.rate);
    if (!slowest) throw new ProblemException(this.#full);
    slowest.lose();
  }
}

/** The place of one stream, taken until it is released. */
export class StreamPlace {
  readonly #lost = new AbortController();
  readonly #slow: typeof SLOW;
  readonly #leave: () => void;
  #bytes = 0;
  #waitedMs = 0;
  #waitsSince: number | undefined;

  /** @param leave - Makes it free for others */
  constructor(slow: typeof SLOW, leave: () => void) {
    this.#slow = slow;
    this.#leave = leave;
  }

  /** Aborted, with what to tell the client, when somebody else was given the place. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Bytes a second while the client was waited for. */
  get rate(): number {
    return (this.#bytes / (this.#waitedMs + this.#waitsMs)) * 1_000;
  }

  get isSlow(): boolean {
    const { waitedMs, bytesPerSecond } = this.#slow;
    const isStuck = this.#waitsMs >= waitedMs;
    return isStuck || (this.#waitedMs + this.#waitsMs >= waitedMs && this.rate < bytesPerSecond);
  }

  /** The client is waited for from now on. */
  wait(): void {
    this.#waitsSince = performance.now();
  }

  /** The client has sent or taken so many bytes. */
  proceed(bytes: number): void {
    this.#bytes += bytes;
    this.#waitedMs += this.#waitsMs;
    this.#waitsSince = undefined;
    this.#forget();
  }

  /** Counts the time until `chunk` is there, and its bytes. */
  async waitFor<T extends { value?: Buffer | undefined }>(chunk: Promise<T>): Promise<T> {
    this.wait();
    let bytes = 0;
    try {
      const result = await chunk;
      bytes = result.value?.length ?? 0;
      return result;
    } finally {
      this.proceed(bytes);
    }
  }

  release(): void {
    this.#leave();
  }

  /** Releases it for somebody else. */
  lose(): void {
    this.release();
    this.#lost.abort(new ProblemException('REQUEST_TIMEOUT'));
  }

  get #waitsMs(): number {
    return this.#waitsSince === undefined ? 0 : performance.now() - this.#waitsSince;
  }

  /** What is long ago counts half. */
  #forget(): void {
    if (this.#waitedMs < 2 * this.#slow.waitedMs) return;
    this.#waitedMs /= 2;
    this.#bytes /= 2;
  }
}

export const IMPORTS = new StreamPlaces('TOO_MANY_IMPORTS');
export const EXPORTS = new StreamPlaces('TOO_MANY_EXPORTS');
