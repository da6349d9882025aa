import type { Readable } from 'node:stream';
import { ProblemException } from '../problem.exception.ts';

/** Why a line cannot be read. */
export type LineFault = 'LINE_NOT_TEXT' | 'LINE_TOO_LONG';

/** One line with something in it. */
export interface Line {
  /** From 1, with the blank ones counted. */
  number: number;
  text: string;
  fault?: LineFault;
}

const LINE_FEED = 0x0a;

/**
 * Cuts a stream into lines as it arrives, those of one chunk together. Blank lines are left out; of a line that is too long nothing is kept.
 *
 * @param options - `timeoutMs`: how long the client may send nothing
 * @throws {@link ProblemException} `REQUEST_TIMEOUT`
 */
export async function* readLines(
  source: Readable,
  options: { maxLineBytes: number; timeoutMs: number },
): AsyncGenerator<Line[], void, undefined> {
  const cutter = new LineCutter(options.maxLineBytes);
  // The connection has to live on for the answer, whatever comes of the lines.
  const chunks = source.iterator({ destroyOnReturn: false });
  for (;;) {
    const { value, done } = await withDeadline(chunks.next(), options.timeoutMs);
    const lines = done ? cutter.end() : cutter.cut(value as Buffer);
    if (lines.length > 0) yield lines;
    if (done) return;
  }
}

class LineCutter {
  readonly #maxLineBytes: number;
  #number = 0;
  /** The line that has not ended yet. */
  #parts: Buffer[] = [];
  #sizeBytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  cut(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end === -1) break;
      this.#add(chunk.subarray(start, end));
      lines.push(...this.#close());
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
    return lines;
  }

  end(): Line[] {
    return this.#close();
  }

  #add(part: Buffer): void {
    this.#sizeBytes += part.length;
    if (this.#sizeBytes > this.#maxLineBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #close(): Line[] {
    const bytes = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    const isTooLong = this.#sizeBytes > this.#maxLineBytes;
    this.#parts = [];
    this.#sizeBytes = 0;
    this.#number += 1;
    const number = this.#number;
    if (isTooLong) return [{ number, text: '', fault: 'LINE_TOO_LONG' }];
    const text = decode(bytes ?? Buffer.alloc(0));
    if (text === undefined) return [{ number, text: '', fault: 'LINE_NOT_TEXT' }];
    return text.trim() === '' ? [] : [{ number, text }];
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** @returns `undefined` for what is not UTF-8 */
function decode(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

async function withDeadline<R>(step: Promise<R>, timeoutMs: number): Promise<R> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ProblemException('REQUEST_TIMEOUT')), timeoutMs);
  return Promise.race([step, timeout]).finally(() => clearTimeout(timer));
}
