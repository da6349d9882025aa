import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import { boundAnswers } from './bound-answers.ts';
import { ByteBudget } from './byte-budget.ts';

/** More than the buffers of the system hold of one connection. */
const LARGE = 'x'.repeat(20_000_000);
const REQUEST = 'GET /large HTTP/1.1\r\nHost: x\r\n\r\n';

let server: FastifyInstance;
let budget: ByteBudget;
let asked: number;
/** Answers that were counted, or not. */
let sent: number;
let ready: PromiseWithResolvers<void>;
beforeEach(async () => {
  budget = new ByteBudget({ allBytes: 1e9, largeBytes: 1e9, smallBytes: 1 }, 'TOO_MANY_ANSWERS');
  asked = 0;
  sent = 0;
  ready = Promise.withResolvers();
  server = fastify();
  boundAnswers(server, budget);
  server.addHook('onSend', (_request, _reply, payload, done) => {
    sent += 1;
    done(null, payload);
  });
  server.get('/large', async () => {
    asked += 1;
    await ready.promise;
    return LARGE;
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => server?.close());

/** Sends so many requests, one behind the other, and reads nothing. */
async function ask(requests: number): Promise<Socket> {
  const { port } = server.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket.pause(), 'connect');
  socket.write(REQUEST.repeat(requests));
  await waitUntil(() => asked === requests);
  return socket;
}

async function countConnections(): Promise<number> {
  return new Promise((done) => server.server.getConnections((_error, count) => done(count)));
}

describe(boundAnswers.name, () => {
  it('counts what is not taken, until its client goes', async () => {
    const socket = await ask(3);
    ready.resolve();
    expect(await waitUntil(() => budget.heldBytes === 3 * LARGE.length)).toBe(true);
    socket.destroy();
    expect(await waitUntil(() => budget.heldBytes === 0)).toBe(true);
  });

  it('counts nothing for a client that has gone before its answers are there', async () => {
    const socket = await ask(3);
    socket.destroy();
    expect(await waitUntil(async () => (await countConnections()) === 0)).toBe(true);
    ready.resolve();
    expect(await waitUntil(() => sent === 3)).toBe(true);
    expect(budget.heldBytes).toBe(0);
  });
});
