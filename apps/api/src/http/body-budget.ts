import { ProblemException } from './problem.exception.ts';

/** What bodies may hold together, in bytes. */
export interface BodyLimits {
  /** All of them. */
  allBytes: number;
  /** Those that are not small: the rest is for small ones alone, so that a few large ones keep nobody out who sends a few fields. */
  largeBytes: number;
  /** Largest body that is small. */
  smallBytes: number;
}

/**
 * For the memory that `docs/resource-limits.md` counts with: a body takes up to twice its size while it arrives. The rest is enough for
 * a thousand small ones at once.
 */
const LIMITS: BodyLimits = { allBytes: 50_331_648, largeBytes: 33_554_432, smallBytes: 16_384 };

/**
 * The bytes of all bodies that are kept in memory, each from its arrival until its request is answered. What counts is what has arrived:
 * to announce much, and send nothing, takes no room from others.
 */
export class BodyBudget {
  readonly #limits: BodyLimits;
  /** By request. */
  readonly #held = new WeakMap<object, number>();
  #heldBytes = 0;

  constructor(limits = LIMITS) {
    this.#limits = limits;
  }

  /** Of all requests. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Looks whether there is room for a body that has not begun.
   *
   * @throws {@link ProblemException} `TOO_MANY_BODIES`
   */
  requireRoom(announcedBytes: number): void {
    this.#require(announcedBytes, announcedBytes);
  }

  /**
   * Counts bytes that have arrived.
   *
   * @throws {@link ProblemException} `TOO_MANY_BODIES`; then they are not counted, and must not be kept
   */
  take(request: object, arrivedBytes: number): void {
    const sizeBytes = (this.#held.get(request) ?? 0) + arrivedBytes;
    this.#require(arrivedBytes, sizeBytes);
    this.#held.set(request, sizeBytes);
    this.#heldBytes += arrivedBytes;
  }

  /** Ends the count of a request; of no effect where there is none. */
  giveBack(request: object): void {
    this.#heldBytes -= this.#held.get(request) ?? 0;
    this.#held.delete(request);
  }

  #require(moreBytes: number, sizeBytes: number): void {
    const { allBytes, largeBytes, smallBytes } = this.#limits;
    const limit = sizeBytes > smallBytes ? largeBytes : allBytes;
    if (this.#heldBytes + moreBytes > limit) throw new ProblemException('TOO_MANY_BODIES');
  }
}
