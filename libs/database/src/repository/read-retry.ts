import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseUnavailableError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import type { DriverOptions } from './operation-options.ts';

/** A further attempt begins within this time, so that with a selection of a server behind it the call still ends in good time. */
const BUDGET_MS = 1_000;
/** Pause before the second attempt; doubled each time, and spread by up to a half. */
const FIRST_PAUSE_MS = 10;
/** Many attempts matter more than long pauses: what is lost is a connection, and the server is there. */
const LONGEST_PAUSE_MS = 60;

/**
 * Reads again while connections are lost, for a second at most. The driver does so once, which is not enough where several calls
 * share a bad network: each lost connection also ends the waits of all others for one, and that counts as their first attempt.
 *
 * Not inside a transaction, which has ended with its connection, and not when the server is away: the driver has waited for it.
 *
 * @param read - Without effects
 * @throws What the last attempt met, not named yet
 * @see https://github.com/mongodb/specifications/blob/master/source/retryable-reads/retryable-reads.md
 */
export async function retryLostRead<R>(
  read: () => Promise<R>,
  { session, signal }: Pick<DriverOptions, 'session' | 'signal'>,
): Promise<R> {
  const endsAt = performance.now() + BUDGET_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await read();
    } catch (error) {
      const waitMs = pauseMs * (0.5 + Math.random() / 2);
      const mayRetry = isLost(error) && session?.inTransaction() !== true && signal?.aborted !== true;
      if (!mayRetry || performance.now() + waitMs > endsAt) throw error;
      await sleep(waitMs);
    }
  }
}

function isLost(error: unknown): boolean {
  const named = toDatabaseError(error);
  return named instanceof DatabaseUnavailableError && named.reason === 'connection-lost';
}
