/** What a content hash is made of, as it is kept in a progress document. */
export interface HashState {
  documents: number;
  sizeBytes: number;
  lanes: number[];
}

const SEEDS = [0x9747b28c | 0, 0x3c6ef372 | 0] as const;

/**
 * A hash of a set of documents that does not depend on their order: 64 bits of each by the steps of MurmurHash3 in two lanes, added up and
 * combined by XOR. It finds what goes wrong by accident; it is no protection from somebody who wants to deceive.
 */
export class ContentHash {
  documents: number;
  sizeBytes: number;
  #sum1: number;
  #sum2: number;
  #xor1: number;
  #xor2: number;

  constructor({ documents, sizeBytes, lanes }: HashState = { documents: 0, sizeBytes: 0, lanes: [] }) {
    this.documents = documents;
    this.sizeBytes = sizeBytes;
    [this.#sum1 = 0, this.#sum2 = 0, this.#xor1 = 0, this.#xor2 = 0] = lanes;
  }

  /** Adds the document in these bytes. */
  add(view: DataView, start: number, end: number): void {
    let h1: number = SEEDS[0];
    let h2: number = SEEDS[1];
    let place = start;
    for (const last = end - 4; place <= last; place += 4) {
      const k = mixed(view.getInt32(place, true));
      h1 = stirred(h1 ^ k);
      h2 = stirred(h2 ^ k ^ (h1 >>> 16));
    }
    let tail = 0;
    for (let shift = 0; place < end; place += 1, shift += 8) tail |= view.getUint8(place) << shift;
    const k = mixed(tail);
    h1 = finished(h1 ^ k ^ (end - start));
    h2 = finished(h2 ^ k ^ (end - start));
    this.#sum1 = (this.#sum1 + h1) >>> 0;
    this.#sum2 = (this.#sum2 + h2) >>> 0;
    this.#xor1 = (this.#xor1 ^ h1) >>> 0;
    this.#xor2 = (this.#xor2 ^ h2) >>> 0;
    this.documents += 1;
    this.sizeBytes += end - start;
  }

  get state(): HashState {
    const lanes = [this.#sum1, this.#sum2, this.#xor1, this.#xor2];
    return { documents: this.documents, sizeBytes: this.sizeBytes, lanes };
  }

  /** 32 hexadecimal digits. */
  toString(): string {
    return this.state.lanes.map((lane) => lane.toString(16).padStart(8, '0')).join('');
  }
}

function mixed(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

function stirred(h: number): number {
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finished(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
