import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MEBIBYTE = 1_024 * 1_024;
const YOUNG_BYTES = 8 * MEBIBYTE;
/** A reply of one document, or few. It takes so long to arrive that its pieces are no longer young when it is there. */
const LARGE_BYTES = 8 * MEBIBYTE;
const OLD_BYTES = 16 * MEBIBYTE;
/** One of so many collections looks through everything, for buffers that were in use during two young ones: the server was slow. */
const YOUNG_COLLECTIONS = 16;

/** Of V8, for the whole process. */
export const FLAGS = {
  /** A new context then has `gc`, without the process having been started with it. */
  exposed: '--expose-gc',
  hidden: '--no-expose-gc',
  /** Memory outside the heap is no reason any more to mark the heap, as long as both together stay within their limit. */
  patient: '--external-memory-accounted-in-global-limit',
  /** What the heap itself needs takes place at once, and nothing is begun ahead of it because of memory outside. */
  atOnce: '--no-incremental-marking',
} as const;

type Collect = (options: { type: 'major' | 'minor' }) => void;

let collect: Collect | undefined;
let youngBytes = 0;
let oldBytes = 0;
let collections = 0;

/**
 * Frees the memory of buffers that are no longer used, each time that 8 MiB have passed through them, or 16 MiB through very large ones.
 *
 * Left to itself, V8 marks the whole heap whenever some 30 MB of memory outside it have come together, and gigabytes pass through here:
 * that was half of the processor time of a dump. Replies of the server, and the pieces in which they arrive, are young, and a collection
 * of what is young finds them in less than a millisecond; V8 makes one only when the heap itself has grown, which they make it hardly do.
 *
 * @param passedBytes - Size of a reply, or of another buffer, that will soon not be needed any more
 */
export function collectGarbage(passedBytes: number): void {
  if (passedBytes >= LARGE_BYTES) oldBytes += passedBytes;
  else youngBytes += passedBytes;
  if (oldBytes < OLD_BYTES && youngBytes < YOUNG_BYTES) return;
  collect ??= findCollect();
  collections += 1;
  const isMajor = oldBytes >= OLD_BYTES || collections === YOUNG_COLLECTIONS;
  collect({ type: isMajor ? 'major' : 'minor' });
  youngBytes = 0;
  if (isMajor) [oldBytes, collections] = [0, 0];
}

function findCollect(): Collect {
  setFlagsFromString(FLAGS.patient);
  setFlagsFromString(FLAGS.atOnce);
  setFlagsFromString(FLAGS.exposed);
  try {
    return (runInNewContext('globalThis.gc') as Collect | undefined) ?? ((): void => undefined);
  } finally {
    setFlagsFromString(FLAGS.hidden);
  }
}
