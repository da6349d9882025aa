import type { ProblemCode } from './problem-codes.ts';
import { ProblemException } from './problem.exception.ts';

/** What bodies or answers may hold together, in bytes. */
export interface ByteLimits {
  /** All of them. */
  allBytes: number;
  /** Those that are not small: the rest is for small ones alone, so that a few large ones keep nobody out who sends a few fields. */
  largeBytes: number;
  /** Largest one that is small. */
  smallBytes: number;
}

/** The bytes of many that are kept in memory, each until it is given back. */
export class ByteBudget {
  readonly #limits: ByteLimits;
  readonly #code: ProblemCode;
  /** By what holds them, such as a request. */
  readonly #held = new WeakMap<object, number>();
  #heldBytes = 0;

  /** @param code - Of the refusal */
  constructor(limits: ByteLimits, code: ProblemCode) {
    this.#limits = limits;
    this.#code = code;
  }

  /** Of all. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether there is room for nothing more, however small. */
  get isFull(): boolean {
    return this.#heldBytes >= this.#limits.allBytes;
  }

  /**
   * Looks whether there is room for what has not begun.
   *
   * @throws {@link ProblemException} Of the code
   */
  requireRoom(announcedBytes: number): void {
    this.#require(announcedBytes, announcedBytes);
  }

  /**
   * Counts bytes that have come.
   *
   * @throws {@link ProblemException} Of the code; then they are not counted, and must not be kept
   */
  take(holder: object, moreBytes: number): void {
    this.#require(moreBytes, (this.#held.get(holder) ?? 0) + moreBytes);
    this.count(holder, moreBytes);
  }

  /** Counts bytes that cannot be refused any more. */
  count(holder: object, moreBytes: number): void {
    this.#held.set(holder, (this.#held.get(holder) ?? 0) + moreBytes);
    this.#heldBytes += moreBytes;
  }

  /** Ends the count of one; of no effect where there is none. */
  giveBack(holder: object): void {
    this.#heldBytes -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }

  #require(moreBytes: number, sizeBytes: number): void {
    const { allBytes, largeBytes, smallBytes } = this.#limits;
    const limit = sizeBytes > smallBytes ? largeBytes : allBytes;
    if (this.#heldBytes + moreBytes > limit) throw new ProblemException(this.#code);
  }
}
