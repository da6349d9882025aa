import { setTimeout as sleep } from 'node:timers/promises';

/** Good answers one after the other that are taken for normal. */
const IN_A_ROW = 10;
/** What a good answer takes at most. */
const QUICK_MS = 500;
/** Behind an answer that was not good. */
const PAUSE_MS = 10;

/**
 * Asks one after the other until ten answers in a row are 200 and took half a second at most.
 *
 * @param ask - Makes one request, and resolves when its answer was read
 * @returns When the last of them came, by `performance.now()`
 */
export async function untilNormal(ask: () => Promise<{ status: number }>): Promise<number> {
  for (let good = 0; good < IN_A_ROW;) {
    const askedAt = performance.now();
    const { status } = await ask();
    good = status === 200 && performance.now() - askedAt <= QUICK_MS ? good + 1 : 0;
    if (good === 0) await sleep(PAUSE_MS);
  }
  return performance.now();
}

/**
 * When the last call ended that a fail point held up.
 *
 * @param answers - Of what was asked before the fail point was cleared
 * @param blockedMs - How long it holds up a call; what was held up when it was cleared ends within that time
 */
export function lastBlockedAt(
  answers: readonly { status: number; elapsedMs: number; endedAt: number }[],
  clearedAt: number,
  blockedMs: number,
): number {
  const blocked = answers.filter(({ status, elapsedMs }) => status === 200 && elapsedMs >= blockedMs);
  if (blocked.length === 0) throw new Error('No call was blocked');
  return Math.min(clearedAt + blockedMs, Math.max(...blocked.map(({ endedAt }) => endedAt)));
}
