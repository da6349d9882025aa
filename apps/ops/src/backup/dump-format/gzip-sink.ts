import { constants, createGzip, type Gzip, type ZlibReset } from 'node:zlib';
import { collectGarbage } from '../../raw/collect-garbage.ts';
import type { ByteSink } from './byte-sink.ts';

/** Bytes of one member of a .gz file: they are compressed at the same time, on all processors. */
const MEMBER_BYTES = 1_024 * 1_024;
const MEMBERS_IN_FLIGHT = 3;
const OPTIONS = {
  /** A fifth to a half of the time of level 6, which mongodump has, for files that are a twentieth to a tenth larger. */
  level: 2,
  memLevel: 9,
  chunkSize: 64 * 1_024,
  // Each write is a whole member.
  flush: constants.Z_FINISH,
};

/** Several members make one .gz file, so that they need not wait for each other. */
export class GzipSink implements ByteSink {
  readonly #sink: ByteSink;
  readonly #free: Member[] = [];
  readonly #inFlight: { member: Member; compressed: Promise<Buffer[]> }[] = [];
  #member = new Member();
  #isEmpty = true;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += this.#member.fill(bytes.subarray(at));
      if (this.#member.isFull) await this.#compress();
    }
  }

  async end(): Promise<void> {
    if (!this.#member.isEmpty || this.#isEmpty) await this.#compress();
    while (this.#inFlight.length > 0) await this.#writeFirst();
    await this.#sink.end();
  }

  async #compress(): Promise<void> {
    const member = this.#member;
    const compressed = member.compress();
    // Its turn to be waited for comes later.
    compressed.catch(() => undefined);
    this.#inFlight.push({ member, compressed });
    this.#isEmpty = false;
    if (this.#inFlight.length >= MEMBERS_IN_FLIGHT) await this.#writeFirst();
    this.#member = this.#free.pop() ?? new Member();
  }

  async #writeFirst(): Promise<void> {
    const first = this.#inFlight.shift();
    if (!first) return;
    for (const part of await first.compressed) {
      await this.#sink.write(part);
      collectGarbage(part.length);
    }
    this.#free.push(first.member);
  }
}

/** One member after the other, in the same memory: new memory for each would have V8 look for garbage all the time. */
class Member {
  readonly #content = Buffer.allocUnsafeSlow(MEMBER_BYTES);
  readonly #gzip = createGzip(OPTIONS) as Gzip & ZlibReset;
  #filled = 0;
  #parts: Buffer[] = [];

  constructor() {
    this.#gzip.on('data', (part: Buffer) => this.#parts.push(part));
  }

  get isFull(): boolean {
    return this.#filled === MEMBER_BYTES;
  }

  get isEmpty(): boolean {
    return this.#filled === 0;
  }

  /** @returns How many of the bytes found room */
  fill(bytes: Buffer): number {
    const copied = bytes.copy(this.#content, this.#filled);
    this.#filled += copied;
    return copied;
  }

  async compress(): Promise<Buffer[]> {
    const content = this.#content.subarray(0, this.#filled);
    await new Promise<void>((done, fail) => {
      this.#gzip.write(content, (error) => (error ? fail(error) : done()));
    });
    this.#gzip.reset();
    const parts = this.#parts;
    this.#parts = [];
    this.#filled = 0;
    return parts;
  }
}
