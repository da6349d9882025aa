import { connect, type Socket } from 'node:net';
import type { mongo } from 'mongoose';
import { MAX_STREAMS } from '../src/http/ndjson/stream-places.ts';

/** More than the buffers of the system hold between a service and a client that reads nothing. */
const DOCUMENTS = { count: 2_000, characters: 10_000 };

/** As many exports as run at once, each with its first bytes taken and the rest not read. */
export class OpenExports {
  readonly sockets: Socket[];

  private constructor(sockets: Socket[]) {
    this.sockets = sockets;
  }

  /** @param url - Of a service with contacts of {@link fillContacts} */
  static async start(url: string): Promise<OpenExports> {
    const port = Number(new URL(url).port);
    const sockets: Socket[] = [];
    const opened = Array.from({ length: MAX_STREAMS }, async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      sockets.push(socket);
      socket.write('GET /contacts/export HTTP/1.1\r\nHost: x\r\n\r\n');
      const head = await new Promise<Buffer>((done) => socket.once('data', done));
      socket.pause();
      if (!head.toString('latin1').startsWith('HTTP/1.1 200 ')) throw new Error(head.toString());
    });
    const exports = new OpenExports(sockets);
    await Promise.all(opened).catch((error: unknown) => {
      exports.end();
      throw error;
    });
    return exports;
  }

  /** Reads all of one, and resolves with its last bytes. */
  async endOne(): Promise<string> {
    const socket = this.sockets.shift();
    if (!socket) throw new Error('None is left');
    let tail = '';
    const isOver = new Promise<void>((done) => {
      socket.once('close', () => done());
      socket.on('data', (chunk: Buffer) => {
        tail = (tail + chunk.toString('latin1')).slice(-100);
        if (tail.endsWith('0\r\n\r\n')) done();
      });
    });
    socket.resume();
    await isOver;
    socket.destroy();
    return tail;
  }

  end(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

/** Writes enough contacts that an export has to wait for its reader. */
export async function fillContacts(contacts: mongo.Collection): Promise<void> {
  const now = new Date();
  const rest = { status: 'new', tags: [], createdAt: now, updatedAt: now, version: 0 };
  const notes = 'x'.repeat(DOCUMENTS.characters);
  await contacts.insertMany(
    Array.from({ length: DOCUMENTS.count }, (_, n) => ({ email: `x${n}@example.org`, notes, ...rest })),
  );
}
