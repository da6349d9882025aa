import { waitUntil as waitAtMost } from '../../apps/api/src/embedded/mongod-admin.ts';

/**
 * How long tests wait for what has to come, in milliseconds. It tells late from never, and no more: a machine that others use as well
 * may stop for seconds. What a test must not wait for is made longer than this.
 */
export const PATIENCE_MS = 30_000;

/** Waits until `test` holds; `false` when it does not within {@link PATIENCE_MS}. */
export async function waitUntil(
  test: () => Promise<boolean> | boolean,
  timeoutMs = PATIENCE_MS,
): Promise<boolean> {
  return waitAtMost(test, timeoutMs);
}
