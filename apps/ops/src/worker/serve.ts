import { parentPort } from 'node:worker_threads';
import type { WorkerAnswer, WorkerCall } from './worker-thread.ts';

/**
 * Answers the calls of a `WorkerThread`, in the file that is its code.
 *
 * @param handle - Called with one request at a time; what it throws reaches the caller
 */
export function serve(handle: (request: never) => unknown): void {
  let last = Promise.resolve();
  parentPort?.on('message', (call: WorkerCall<never>) => {
    last = answerAfter(last, call, handle);
  });
}

async function answerAfter(
  before: Promise<void>,
  { id, request }: WorkerCall<never>,
  handle: (request: never) => unknown,
): Promise<void> {
  await before;
  let answer: WorkerAnswer<unknown>;
  try {
    answer = { id, reply: await handle(request) };
  } catch (error) {
    const message = Error.isError(error) ? error.message : String(error);
    answer = { id, failure: { message, code: (error as { code?: unknown }).code } };
  }
  parentPort?.postMessage(answer, []);
}
