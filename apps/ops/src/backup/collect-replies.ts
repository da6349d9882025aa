import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const COLLECT_BYTES = 8 * 1_024 * 1_024;

/** Of V8, for the whole process. */
export const FLAGS = {
  /** A new context then has `gc`, without the process having been started with it. */
  exposed: '--expose-gc',
  hidden: '--no-expose-gc',
  /** Memory outside the heap is no reason any more to mark the heap, as long as both together stay within their limit. */
  patient: '--external-memory-accounted-in-global-limit',
} as const;

type Collect = (options: { type: 'minor' }) => void;

let collect: Collect | undefined;
let receivedBytes = 0;

/**
 * Frees the memory of replies that are no longer used, each time that 8 MiB of them have been received.
 *
 * Left to itself, V8 marks the whole heap whenever some 30 MB of memory outside it have come together, and gigabytes pass through here:
 * that was half of the processor time of a dump. Replies, and the pieces in which they arrive, are young, and a collection of what is
 * young finds them in less than a millisecond; V8 makes one only when the heap itself has grown, which replies make it hardly do.
 */
export function collectReplies(replyBytes: number): void {
  receivedBytes += replyBytes;
  if (receivedBytes < COLLECT_BYTES) return;
  receivedBytes = 0;
  collect ??= findCollect();
  collect({ type: 'minor' });
}

function findCollect(): Collect {
  setFlagsFromString(FLAGS.patient);
  setFlagsFromString(FLAGS.exposed);
  try {
    return (runInNewContext('globalThis.gc') as Collect | undefined) ?? ((): void => undefined);
  } finally {
    setFlagsFromString(FLAGS.hidden);
  }
}
