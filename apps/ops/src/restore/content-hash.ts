import { hash } from 'node:crypto';

/** What a set of documents is, in short: the same for the same documents in any order. */
export interface ContentDigest {
  documents: number;
  sizeBytes: number;
  /** 16 hex digits. */
  hash: string;
}

// A global is looked up at every call where modules run in a context of their own, as in tests.
const { imul } = Math;
const LARGE_BYTES = 2_048;
const EMPTY = '0000000000000000';

/**
 * A sum over documents as bytes. Documents come back from a server in another order than they were written in, so each is hashed by
 * itself and the hashes are added. It finds what went wrong by accident; it is no protection against somebody who wants two sets
 * to look the same.
 */
export class ContentHash {
  #documents = 0;
  #sizeBytes = 0;
  #high = 0;
  #low = 0;

  get documents(): number {
    return this.#documents;
  }

  /** Adds each of the documents that `bytes` holds one after the other, whole. */
  add(bytes: Buffer): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let documents = 0;
    for (let start = 0; start < bytes.length; documents += 1) {
      const end = start + view.getInt32(start, true);
      if (end - start >= LARGE_BYTES) this.#addLarge(bytes.subarray(start, end));
      else this.#addSmall(view, start, end);
      start = end;
    }
    this.#documents += documents;
    this.#sizeBytes += bytes.length;
  }

  get digest(): ContentDigest {
    const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0');
    const sum = this.#documents === 0 ? EMPTY : hex(this.#high) + hex(this.#low);
    return { documents: this.#documents, sizeBytes: this.#sizeBytes, hash: sum };
  }

  /** From here on the call into native code costs less than what it saves. */
  #addLarge(document: Buffer): void {
    const digest = hash('sha256', document, 'buffer');
    this.#high = (this.#high + digest.readInt32LE(0)) | 0;
    this.#low = (this.#low + digest.readInt32LE(4)) | 0;
  }

  /** Each lane loses nothing of a word, so that a single changed one always shows. */
  #addSmall(view: DataView, start: number, end: number): void {
    let high = 0x9747b28c;
    let low = 0x3c6ef372;
    let at = start;
    for (const last = end - 3; at < last; at += 4) {
      const word = view.getInt32(at, true);
      high = imul(high ^ word, 0x85ebca6b);
      high ^= high >>> 15;
      low = imul(((low << 7) | (low >>> 25)) ^ word, 0xc2b2ae35);
    }
    for (; at < end; at += 1) {
      const byte = view.getUint8(at);
      high = imul(high ^ byte, 0x85ebca6b);
      high ^= high >>> 15;
      low = imul(((low << 7) | (low >>> 25)) ^ byte, 0xc2b2ae35);
    }
    this.#high = (this.#high + finish(high)) | 0;
    this.#low = (this.#low + finish(low)) | 0;
  }
}

/** As MurmurHash3 ends: without it the sum of two documents would say little. */
function finish(lane: number): number {
  let value = imul(lane ^ (lane >>> 16), 0x85ebca6b);
  value = imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
