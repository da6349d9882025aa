import type { mongo } from 'mongoose';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { MAX_STREAMS } from '../src/http/ndjson/stream-places.ts';

/** As many imports as run at once, each with one line written and more to come. */
export class OpenImports {
  readonly answers: Promise<Response>[];
  readonly #bodies: ReadableStreamDefaultController<Uint8Array>[] = [];

  private constructor(url: string) {
    this.answers = Array.from({ length: MAX_STREAMS }, async (_, index) => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(Buffer.from(`{"email":"open.${index}@example.org"}\n`));
          this.#bodies.push(controller);
        },
      });
      return fetch(`${url}/contacts/import`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: body as never,
        duplex: 'half',
      });
    });
  }

  /** @param contacts - Empty, where the lines are written */
  static async start(url: string, contacts: mongo.Collection): Promise<OpenImports> {
    const imports = new OpenImports(url);
    if (!(await waitUntil(async () => (await contacts.countDocuments()) === MAX_STREAMS, 20_000)))
      throw new Error('The imports have not begun');
    return imports;
  }

  /** Sends the end of one of them, and resolves with its answer. */
  async endOne(): Promise<Response | undefined> {
    this.#bodies.shift()?.close();
    return this.answers.shift();
  }

  async end(): Promise<void> {
    while (this.answers.length > 0) await (await this.endOne())?.arrayBuffer();
  }
}
