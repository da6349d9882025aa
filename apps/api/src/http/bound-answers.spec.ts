import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import { boundAnswers } from './bound-answers.ts';
import { ByteBudget } from './byte-budget.ts';
import { PROBLEM_CONTENT_TYPE } from './problem.ts';

/** More than the buffers of the system hold of one connection. */
const LARGE = 'x'.repeat(20_000_000);
const LIMITS = { allBytes: 1e9, largeBytes: 1e9, smallBytes: 1 };
const SMALL = { text: 'x'.repeat(500) };
const REQUEST = 'GET /large HTTP/1.1\r\nHost: x\r\n\r\n';

let server: FastifyInstance;
let budget: ByteBudget;
let asked: number;
/** Answers that were counted, or not. */
let sent: number;
let ready: PromiseWithResolvers<void>;
beforeEach(async () => {
  budget = new ByteBudget(LIMITS, 'TOO_MANY_ANSWERS');
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
  server.get('/page', async (_request, reply) => {
    void reply.header('etag', '"1"').header('link', '</page?cursor=x>; rel="next"');
    return SMALL;
  });
  server.post('/written', async () => {
    asked += 1;
    return SMALL;
  });
  server.get('/health/ready', async () => SMALL);
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
  describe('of which some have no room', () => {
    const others = {};
    beforeEach(() => {
      budget.count(others, LIMITS.allBytes - 400);
    });

    it('refuses what has been read, without what was said about it', async () => {
      const { statusCode, headers, body } = await server.inject('/page');
      expect([statusCode, JSON.parse(body).code]).toEqual([503, 'TOO_MANY_ANSWERS']);
      expect(headers).toMatchObject({ 'content-type': PROBLEM_CONTENT_TYPE, 'retry-after': '2' });
      expect([headers.etag, headers.link]).toEqual([undefined, undefined]);
    });

    it('tells what has been written', async () => {
      expect((await server.inject({ method: 'POST', url: '/written' })).statusCode).toBe(200);
    });

    it('begins nothing while there is no room at all, and answers probes', async () => {
      budget.count(others, 400);
      const { statusCode } = await server.inject({ method: 'POST', url: '/written' });
      expect([statusCode, asked]).toEqual([503, 0]);
      expect((await server.inject('/health/ready')).statusCode).toBe(200);
      budget.giveBack(others);
      expect((await server.inject('/page')).statusCode).toBe(200);
    });
  });

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
