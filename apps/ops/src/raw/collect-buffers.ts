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
 * Says that so many bytes have passed through buffers that nobody needs any more. V8 lets 64 MB of them gather, more than everything else
 * here takes, and then looks through the whole heap for ten milliseconds and more; a collection of the young ones costs about one.
 */
export function passBytes(sizeBytes: number): void {
  passedBytes += sizeBytes;
  if (passedBytes < ENOUGH_BYTES && sizeBytes < LARGE_BYTES) return;
  passedBytes = 0;
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect({ type: sizeBytes >= LARGE_BYTES ? 'major' : 'minor' });
}
