const NOTHING = Buffer.alloc(0);

/** Bytes that arrive in parts, however small those are: one buffer of at most twice their number. */
export class ByteParts {
  #bytes: Buffer = NOTHING;
  #sizeBytes = 0;

  /** Copies the part: it may be a small piece of a buffer, which would be kept as a whole. */
  add(part: Buffer): void {
    const sizeBytes = this.#sizeBytes + part.length;
    if (sizeBytes > this.#bytes.length) this.#widen(sizeBytes);
    part.copy(this.#bytes, this.#sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  /** All of them in one, until the next one comes. */
  join(): Buffer {
    return this.#bytes.subarray(0, this.#sizeBytes);
  }

  clear(): void {
    this.#bytes = NOTHING;
    this.#sizeBytes = 0;
  }

  #widen(sizeBytes: number): void {
    // Twice as large, so that single bytes are not copied again and again.
    const wider = Buffer.allocUnsafe(Math.max(sizeBytes, 2 * this.#bytes.length));
    this.#bytes.copy(wider, 0, 0, this.#sizeBytes);
    this.#bytes = wider;
  }
}
