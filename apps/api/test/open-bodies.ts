import { connect, type Socket } from 'node:net';
import { waitUntil } from '../../../test/support/wait-until.ts';

/** Together they are all that large bodies may hold, but for half a million bytes. */
const COUNT = 33;
const SIZE_BYTES = 1_000_000;
/** What a body starts with, and what it must not lack. */
const BEGIN = '{"email":"';
const END_BYTES = 2;
/** Has no place beside them. */
const LARGE_BYTES = 700_000;
const ANSWER_MS = 100;

/** JSON bodies that are sent but for their end, which is two bytes. */
export class OpenBodies {
  readonly #sockets: Socket[];

  private constructor(sockets: Socket[]) {
    this.#sockets = sockets;
  }

  /** @throws {Error} When one of them is refused */
  static async start(url: string): Promise<OpenBodies> {
    let isOneRefused = false;
    const sockets = Array.from({ length: COUNT }, () => {
      const socket = open(url, `${headOf(SIZE_BYTES)}${BEGIN}`);
      socket.on('data', (chunk: Buffer) => (isOneRefused ||= chunk.includes(' 503 ')));
      socket.write('x'.repeat(SIZE_BYTES - BEGIN.length - END_BYTES));
      return socket;
    });
    const bodies = new OpenBodies(sockets);
    const isOver = await waitUntil(async () => isOneRefused || (await isFull(url)));
    if (isOver && !isOneRefused) return bodies;
    bodies.end();
    throw new Error('There was no room for all of them');
  }

  /** @param end - Two bytes */
  complete(end: string): void {
    for (const socket of this.#sockets) socket.write(end);
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Announces a body and sends nothing of it, which takes no room from others. */
async function isFull(url: string): Promise<boolean> {
  const socket = open(url, headOf(LARGE_BYTES));
  const refused = new Promise<boolean>((done) => socket.once('data', () => done(true)));
  const accepted = new Promise<boolean>((done) => setTimeout(done, ANSWER_MS, false));
  return Promise.race([refused, accepted]).finally(() => socket.destroy());
}

function open(url: string, text: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
  socket.write(text);
  return socket;
}

function headOf(sizeBytes: number): string {
  return `POST /contacts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${sizeBytes}\r\n\r\n`;
}
