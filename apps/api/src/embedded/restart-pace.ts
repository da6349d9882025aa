const QUICK_DELAYS_MS = [0, 500, 1_000, 2_000, 4_000];
const SLOW_DELAY_MS = 30_000;
const CALM_AFTER_MS = 60_000;

/** How soon to try again: quickly at first, slowly once it keeps failing, quickly again after a calm minute. */
export class RestartPace {
  #attempts = 0;
  #lastAttemptAt = 0;

  /**
   * @param now - Milliseconds of a clock that never goes back
   * @returns How long to wait before the next attempt; `isTrouble` the first time that it has become the slow pace
   */
  next(now = performance.now()): { delayMs: number; isTrouble: boolean } {
    if (now - this.#lastAttemptAt > CALM_AFTER_MS) this.#attempts = 0;
    const delayMs = QUICK_DELAYS_MS[this.#attempts] ?? SLOW_DELAY_MS;
    const isTrouble = this.#attempts === QUICK_DELAYS_MS.length;
    this.#attempts += 1;
    this.#lastAttemptAt = now + delayMs;
    return { delayMs, isTrouble };
  }
}
