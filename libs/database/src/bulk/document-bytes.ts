import { mongo } from 'mongoose';

const FIRST_BYTES = 256 * 1_024;

/** Documents in BSON, one behind the other, in memory that is used again. */
export class DocumentBytes {
  /** Where each of them ends. */
  readonly #ends: number[] = [];
  #memory = Buffer.allocUnsafeSlow(FIRST_BYTES);

  get sizeBytes(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /**
   * @returns Its size, in bytes
   * @throws What the driver has against a document that BSON cannot hold
   */
  add(document: mongo.Document, options: mongo.BSON.SerializeOptions): number {
    const index = this.sizeBytes;
    try {
      const last = mongo.BSON.serializeWithBufferAndIndex(document, this.#memory, { ...options, index });
      this.#ends.push(last + 1);
      return last + 1 - index;
    } catch (error) {
      // There is no room for it, or it is too large for BSON: then it is refused again.
      if (!Error.isError(error) || error.name !== 'RangeError') throw error;
      return this.addBytes(mongo.BSON.serialize(document, options));
    }
  }

  /** @returns Their size */
  addBytes(document: Uint8Array): number {
    const start = this.sizeBytes;
    const end = start + document.length;
    if (end > this.#memory.length) this.#grow(start, end);
    this.#memory.set(document, start);
    this.#ends.push(end);
    return document.length;
  }

  removeLast(): void {
    this.#ends.pop();
  }

  clear(): void {
    this.#ends.length = 0;
  }

  /** All of them; valid until the next change. */
  all(): Buffer {
    return this.#memory.subarray(0, this.sizeBytes);
  }

  /** The one that was added as number `place`, from 0; valid until the next change. */
  at(place: number): Buffer {
    return this.#memory.subarray(this.#ends[place - 1] ?? 0, this.#ends[place]);
  }

  #grow(usedBytes: number, neededBytes: number): void {
    const memory = Buffer.allocUnsafeSlow(Math.max(neededBytes, 2 * this.#memory.length));
    memory.set(this.#memory.subarray(0, usedBytes));
    this.#memory = memory;
  }
}
