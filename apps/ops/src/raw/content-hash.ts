import { sumOfHashes } from './sum-hashes.ts';

/** What a set of documents is, in short: the same for the same documents in any order. */
export interface ContentDigest {
  documents: number;
  sizeBytes: number;
  /** 16 hex digits. */
  hash: string;
}

export const EMPTY_CONTENT: ContentDigest = { documents: 0, sizeBytes: 0, hash: '0000000000000000' };

/**
 * A sum over documents as bytes. Documents come back from a server in another order than they were written in, so each is hashed by
 * itself and the hashes are added. It finds what went wrong by accident; it is no protection against somebody who wants two sets
 * to look the same.
 */
export class ContentHash {
  #documents: number;
  #sizeBytes: number;
  #sum: bigint;

  /** @param begin - To go on from */
  constructor({ documents, sizeBytes, hash }: ContentDigest = EMPTY_CONTENT) {
    this.#documents = documents;
    this.#sizeBytes = sizeBytes;
    this.#sum = BigInt(`0x${hash}`);
  }

  get documents(): number {
    return this.#documents;
  }

  get digest(): ContentDigest {
    return { documents: this.#documents, sizeBytes: this.#sizeBytes, hash: toHex(this.#sum) };
  }

  /**
   * Adds documents.
   *
   * @param bytes - One after the other, whole
   * @param count - How many these are
   * @throws {Error} When the bytes are no documents
   */
  add(bytes: Uint8Array, count: number): void {
    this.#sum = BigInt.asUintN(64, this.#sum + sumOfHashes(bytes));
    this.#documents += count;
    this.#sizeBytes += bytes.length;
  }
}

/** What is left of a set without documents that are in it. */
export function withoutContent(all: ContentDigest, some: ContentDigest): ContentDigest {
  return {
    documents: all.documents - some.documents,
    sizeBytes: all.sizeBytes - some.sizeBytes,
    hash: toHex(BigInt.asUintN(64, BigInt(`0x${all.hash}`) - BigInt(`0x${some.hash}`))),
  };
}

/** Whether two sets hold the same documents. */
export function isSameContent(a: ContentDigest, b: ContentDigest): boolean {
  return a.documents === b.documents && a.sizeBytes === b.sizeBytes && a.hash === b.hash;
}

function toHex(sum: bigint): string {
  return sum.toString(16).padStart(16, '0');
}
