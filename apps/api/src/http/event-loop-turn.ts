import { setImmediate } from 'node:timers/promises';

/** How long work may go on before everything else has its turn, in milliseconds. */
const SLICE_MS = 10;

let lastAt = 0;
let last = Promise.resolve();

/** Whether the process has worked for a while without a {@link turn}, whoever it worked for. */
export function isTurnDue(): boolean {
  return performance.now() - lastAt >= SLICE_MS;
}

/**
 * Lets the event loop go round once, so that probes and other requests are answered. Of those who wait for it one goes on in each round:
 * eight imports that went on together would be one long piece of work.
 */
export async function turn(): Promise<void> {
  last = turnAfter(last);
  return last;
}

async function turnAfter(previous: Promise<void>): Promise<void> {
  await previous;
  await setImmediate();
  lastAt = performance.now();
}
