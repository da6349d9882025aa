/** Parts that are kept as they came; more are merged, since an object for each byte is two hundred times the byte. */
const MAX_LOOSE = 1_000;

/** Bytes that arrive in parts, however small those are. */
export class ByteParts {
  #merged: Buffer[] = [];
  #loose: Buffer[] = [];

  add(part: Buffer): void {
    this.#loose.push(part);
    if (this.#loose.length < MAX_LOOSE) return;
    this.#merged.push(Buffer.concat(this.#loose));
    this.#loose = [];
  }

  /** All of them in one, without a copy where there is one only. */
  join(): Buffer {
    const parts = [...this.#merged, ...this.#loose];
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  clear(): void {
    this.#merged = [];
    this.#loose = [];
  }
}
