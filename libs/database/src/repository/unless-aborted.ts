/**
 * Runs an operation until a signal ends the wait for it. What was sent by then may still be carried out.
 *
 * @throws The reason of the signal, unchanged
 */
export async function unlessAborted<R>(operation: () => Promise<R>, signal: AbortSignal): Promise<R> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([operation(), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
