import type { Readable } from 'node:stream';
import { BadRequestException } from '@nestjs/common';
import { ByteParts } from '../byte-parts.ts';
import { isTurnDue, turn } from '../event-loop-turn.ts';
import { ProblemException } from '../problem.exception.ts';
import type { StreamPlace } from './stream-places.ts';

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
/** What is cut in one go: lines of one byte take some microseconds each. */
const PIECE_BYTES = 16_384;

/**
 * Cuts a stream into lines as it arrives, those of a chunk of some kB together. Blank lines are left out; of a line that is too long nothing is kept.
 * An empty group says that no line has come for a while, once until the next one does. The event loop has its turn in between.
 *
 * @param options - `timeoutMs`: how long the client may send nothing; `pauseMs`: after how long without a line to say so; `place`: told
 *   how long the client is waited for
 * @throws {@link ProblemException} `REQUEST_TIMEOUT`
 * @throws {@link BadRequestException} When the client goes
 */
export async function* readLines(
  source: Readable,
  options: { maxLineBytes: number; timeoutMs: number; pauseMs: number; place?: StreamPlace },
): AsyncGenerator<Line[], void, undefined> {
  const cutter = new LineCutter(options.maxLineBytes);
  // The connection has to live on for the answer, whatever comes of the lines.
  const chunks = source.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer, undefined>;
  let pauseAt = performance.now() + options.pauseMs;
  for (;;) {
    const next = nextOf(chunks);
    const step = options.place?.waitFor(next) ?? next;
    if (!(await isSettledBefore(pauseAt, step))) {
      pauseAt = Number.POSITIVE_INFINITY;
      yield [];
    }
    const { value, done } = await withDeadline(step, options);
    for (const piece of done ? [undefined] : piecesOf(value)) {
      // Chunks of several imports arrive in the same round.
      if (isTurnDue()) await turn();
      const lines = piece ? cutter.cut(piece) : cutter.end();
      if (lines.length === 0) continue;
      yield lines;
      pauseAt = performance.now() + options.pauseMs;
    }
    if (done) return;
  }
}

/** What ends the stream is the client, as with JSON. */
async function nextOf(chunks: AsyncIterator<Buffer, undefined>): Promise<IteratorResult<Buffer, undefined>> {
  return chunks.next().catch(() => {
    throw new BadRequestException();
  });
}

function* piecesOf(chunk: Buffer): Generator<Buffer, void, undefined> {
  for (let start = 0; start < chunk.length; start += PIECE_BYTES)
    yield chunk.subarray(start, start + PIECE_BYTES);
}

class LineCutter {
  readonly #maxLineBytes: number;
  #number = 0;
  /** The line that has not ended yet. */
  readonly #parts = new ByteParts();
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
      if (end === start && this.#sizeBytes === 0) {
        this.#number += 1;
      } else {
        this.#add(chunk.subarray(start, end));
        lines.push(...this.#close());
      }
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
    if (this.#sizeBytes > this.#maxLineBytes) this.#parts.clear();
    else if (part.length > 0) this.#parts.add(part);
  }

  #close(): Line[] {
    const bytes = this.#parts.join();
    const isTooLong = this.#sizeBytes > this.#maxLineBytes;
    this.#parts.clear();
    this.#sizeBytes = 0;
    this.#number += 1;
    const number = this.#number;
    if (isTooLong) return [{ number, text: '', fault: 'LINE_TOO_LONG' }];
    const text = decode(bytes);
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

async function withDeadline<R>(
  step: Promise<R>,
  { timeoutMs, place }: { timeoutMs: number; place?: StreamPlace },
): Promise<R> {
  place?.signal.throwIfAborted();
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ProblemException('REQUEST_TIMEOUT')), timeoutMs);
  const giveUp = (): void => reject(place?.signal.reason);
  place?.signal.addEventListener('abort', giveUp);
  return Promise.race([step, timeout]).finally(() => {
    clearTimeout(timer);
    place?.signal.removeEventListener('abort', giveUp);
  });
}

/** @param at - In the time of `performance.now()` */
async function isSettledBefore(at: number, step: Promise<unknown>): Promise<boolean> {
  const leftMs = at - performance.now();
  const settled = step.then(
    () => true,
    // Whoever waits for the step is told; nobody does any more when the place is lost.
    () => true,
  );
  if (leftMs === Number.POSITIVE_INFINITY) return true;
  if (leftMs <= 0) return false;
  const { promise: isOver, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, leftMs, false);
  return Promise.race([settled, isOver]).finally(() => clearTimeout(timer));
}
