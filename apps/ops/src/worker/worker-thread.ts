import { extname } from 'node:path';
import { Worker, type Transferable } from 'node:worker_threads';

/** What a thread is asked. */
export interface WorkerCall<Request> {
  id: number;
  request: Request;
}

/** What it answers. The fields of an error that matter are named, since a copy of an error loses its code. */
export type WorkerAnswer<Reply> =
  { id: number; reply: Reply } | { id: number; failure: { message: string; code: unknown } };

interface Waiting<Reply> {
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
}

/**
 * A thread of this process for work that keeps a processor busy. Its code is a file of its own, `NAME.worker.ts`, which calls
 * `serve`; the build makes a bundle of each.
 */
export class WorkerThread<Request, Reply> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting<Reply>>();
  #calls = 0;
  #end: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: WorkerAnswer<Reply>) => this.#settle(answer));
    worker.on('error', (error: unknown) =>
      this.#fail(Error.isError(error) ? error : new Error(String(error))),
    );
    worker.on('exit', () => this.#fail(new Error('The thread has ended')));
  }

  /**
   * Starts one; what it is asked before it runs waits for it. It keeps the process alive until {@link close}.
   *
   * @param name - The code is in `NAME.worker.ts`, beside the file that asks for it
   * @param from - `import.meta.url` of that file
   */
  static start<Request, Reply>(name: string, from: string): WorkerThread<Request, Reply> {
    // As this file itself: `.ts` in the tests, `.js` compiled, `.cjs` bundled.
    return new WorkerThread(new Worker(new URL(`./${name}.worker${extname(from)}`, from)));
  }

  /**
   * Asks it something; it answers one call after the other, in the order in which they were made.
   *
   * @param transfer - Memory in `request` that is handed over, and not copied
   * @throws {Error} What the thread threw, with its `code`, or that the thread has ended
   */
  call(request: Request, transfer: Transferable[] = []): Promise<Reply> {
    if (this.#end) return Promise.reject(this.#end);
    const id = (this.#calls += 1);
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#waiting.set(id, { resolve, reject });
    this.#worker.postMessage({ id, request } satisfies WorkerCall<Request>, transfer);
    return promise;
  }

  /** Ends it, whatever it is doing; calls that wait fail. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(answer: WorkerAnswer<Reply>): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('reply' in answer) waiting?.resolve(answer.reply);
    else waiting?.reject(Object.assign(new Error(answer.failure.message), { code: answer.failure.code }));
  }

  #fail(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }
}
