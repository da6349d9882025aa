const BYTES = 256;
/** Bytes taken at once: one table for each. */
const SLICES = 8;
/** The reversed polynomial 0xC96C5795D7870F42, in two halves. */
const POLYNOMIAL = { high: 0xc96c5795, low: 0xd7870f42 };

/** Tables one after the other; the first is that of single bytes. */
const HIGH = new Int32Array(SLICES * BYTES);
const LOW = new Int32Array(SLICES * BYTES);
fillTables();

/**
 * CRC-64/XZ, which Go calls ECMA: the check at the end of a collection in an archive. It is kept in two halves of 32 bits, since a
 * BigInt per byte would cost a hundred times as much.
 */
export class Crc64 {
  #high = -1;
  #low = -1;

  update(bytes: Uint8Array): this {
    let high = this.#high;
    let low = this.#low;
    let at = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Written out, without a loop or a list in between: this runs over every byte of an archive.
    for (const end = bytes.length - (bytes.length % SLICES); at < end; at += SLICES) {
      const first = low ^ view.getInt32(at, true);
      const second = high ^ view.getInt32(at + 4, true);
      const i0 = 1_792 + (first & 255);
      const i1 = 1_536 + ((first >>> 8) & 255);
      const i2 = 1_280 + ((first >>> 16) & 255);
      const i3 = 1_024 + (first >>> 24);
      const i4 = 768 + (second & 255);
      const i5 = 512 + ((second >>> 8) & 255);
      const i6 = 256 + ((second >>> 16) & 255);
      const i7 = second >>> 24;
      high = (HIGH[i0] as number) ^ (HIGH[i1] as number) ^ (HIGH[i2] as number) ^ (HIGH[i3] as number);
      high ^= (HIGH[i4] as number) ^ (HIGH[i5] as number) ^ (HIGH[i6] as number) ^ (HIGH[i7] as number);
      low = (LOW[i0] as number) ^ (LOW[i1] as number) ^ (LOW[i2] as number) ^ (LOW[i3] as number);
      low ^= (LOW[i4] as number) ^ (LOW[i5] as number) ^ (LOW[i6] as number) ^ (LOW[i7] as number);
    }
    for (; at < bytes.length; at += 1) {
      const index = (low ^ (bytes[at] as number)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ (LOW[index] as number);
      high = (high >>> 8) ^ (HIGH[index] as number);
    }
    this.#high = high;
    this.#low = low;
    return this;
  }

  /** Of the bytes so far, as the signed 64 bits that BSON stores. */
  digest(): bigint {
    return (BigInt(~this.#high) << 32n) | BigInt(~this.#low >>> 0);
  }
}

function fillTables(): void {
  for (let byte = 0; byte < BYTES; byte += 1) {
    let [high, low] = [0, byte];
    for (let bit = 0; bit < 8; bit += 1) {
      const isOdd = (low & 1) === 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (isOdd) {
        high ^= POLYNOMIAL.high;
        low ^= POLYNOMIAL.low;
      }
    }
    [HIGH[byte], LOW[byte]] = [high, low];
  }
  for (let index = BYTES; index < SLICES * BYTES; index += 1) {
    const [high, low] = [HIGH[index - BYTES] as number, LOW[index - BYTES] as number];
    LOW[index] = ((low >>> 8) | (high << 24)) ^ (LOW[low & 255] as number);
    HIGH[index] = (high >>> 8) ^ (HIGH[low & 255] as number);
  }
}
