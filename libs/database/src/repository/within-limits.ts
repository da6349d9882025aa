import { DatabaseTimeoutError } from '../errors/database.error.ts';

/** What ends the wait for an operation. */
export interface Limits {
  signal?: AbortSignal | undefined;
  /** In milliseconds from the call. */
  limitMs?: number;
}

/**
 * Runs an operation until a signal or its time ends the wait for it. What was sent by then may still be carried out.
 *
 * @throws The reason of the signal, unchanged
 * @throws {@link DatabaseTimeoutError} When the time is over
 */
export async function withinLimits<R>(operation: () => Promise<R>, { signal, limitMs }: Limits): Promise<R> {
  signal?.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const timer =
    limitMs === undefined ? undefined : setTimeout(() => reject(new DatabaseTimeoutError()), limitMs);
  try {
    return await Promise.race([operation(), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
