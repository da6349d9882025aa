import { connect, type Socket } from 'node:net';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { MAX_UNDER_WAY } from '../src/http/bound-requests.ts';

/** Of contacts of `fillContacts` a page of 1 MB. */
export const LARGE_PAGE = '/contacts?limit=100';
/** The buffers of the system hold some 10 MB of what each has asked for. */
const CLIENTS = 2;

/** Clients that ask for many large pages, and take none. */
export class OpenAnswers {
  /** What another one was told who asked for a large page. The buffers may take more later, and then there is room again. */
  readonly refusal: Response;
  readonly #sockets: Socket[];

  private constructor(sockets: Socket[], refusal: Response) {
    this.#sockets = sockets;
    this.refusal = refusal;
  }

  /** Resolves when there is no room for another large page. */
  static async start(url: string): Promise<OpenAnswers> {
    const port = Number(new URL(url).port);
    const sockets = Array.from({ length: CLIENTS }, () => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.write(`GET ${LARGE_PAGE} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(MAX_UNDER_WAY));
      return socket.pause();
    });
    let refusal: Response | undefined;
    await waitUntil(async () => (refusal = await askInVain(url)) !== undefined);
    if (refusal) return new OpenAnswers(sockets, refusal);
    for (const socket of sockets) socket.destroy();
    throw new Error('There is room for one more');
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

async function askInVain(url: string): Promise<Response | undefined> {
  const answer = await fetch(`${url}${LARGE_PAGE}`);
  const text = await answer.clone().text();
  return text.includes('"TOO_MANY_ANSWERS"') ? answer : undefined;
}
