import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'major' | 'minor' }) => void;

/** Bytes that passed through buffers since the last collection. */
const ENOUGH_BYTES = 16 * 1_048_576;

/** A document of this size has left several copies of itself. */
const LARGE_BYTES = 12 * 1_048_576;

let collect: Collect | undefined;
let passedBytes = 0;

/**
 * Says that so many bytes have passed through buffers that nobody needs any more.
 *
 * Left to itself, V8 looks through the whole heap whenever some 30 MB of memory outside it have come together, in steps that cost tens of
 * milliseconds, and gigabytes pass through here. Buffers of messages are young: a collection of what is young finds them in less than one.
 * From the first call on V8 begins no look through the heap for them; one that the heap itself needs takes place all the same, at once.
 */
export function passBytes(sizeBytes: number): void {
  passedBytes += sizeBytes;
  if (passedBytes < ENOUGH_BYTES && sizeBytes < LARGE_BYTES) return;
  passedBytes = 0;
  collect ??= takeOver();
  collect({ type: sizeBytes >= LARGE_BYTES ? 'major' : 'minor' });
}

function takeOver(): Collect {
  setFlagsFromString('--no-incremental-marking');
  setFlagsFromString('--expose-gc');
  try {
    // A new context has it when the flag is set, without the process having been started with it.
    return runInNewContext('gc') as Collect;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
