import { parentPort } from 'node:worker_threads';
import type { WorkerAnswer, WorkerCall } from './worker-thread.ts';

/**
 * Answers the calls of a `WorkerThread`, in the file that is its code.
 *
 * @param handle - Called with one request at a time; what it throws reaches the caller
 */
export function serve<Request, Reply>(handle: (request: Request) => Reply | Promise<Reply>): void {
  let last = Promise.resolve();
  parentPort?.on('message', ({ id, request }: WorkerCall<Request>) => {
    last = last.then(async () => {
      parentPort?.postMessage(await answer(id, request));
    });
  });

  async function answer(id: number, request: Request): Promise<WorkerAnswer<Reply>> {
    try {
      return { id, reply: await handle(request) };
    } catch (error) {
      const message = Error.isError(error) ? error.message : String(error);
      return { id, failure: { message, code: (error as { code?: unknown }).code } };
    }
  }
}
