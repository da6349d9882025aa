import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_STREAMS } from '../../apps/api/src/http/ndjson/stream-places.ts';
import { ApiProcess } from '../support/api-process.ts';
import { countConnections } from '../support/count-connections.ts';
import { expectFigure } from '../support/figures.ts';
import { Prober } from '../support/prober.ts';
import { TestDatabase } from '../support/test-database.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Longer than any of the limits, so that what is closed late is seen too. */
const PATIENCE_MS = 120_000;
const DRIP_MS = 1_000;
/** Of each kind. */
const CLIENTS = 20;
/** All are let go later than that, so that one which was never connected shows. */
const LEAST_MS = 5_000;
const BUNDLE = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n';
/** The last one has a body. */
const DRIPPING_BUNDLES = `${BUNDLE.repeat(9)}${BUNDLE.replace('\r\n\r\n', '\r\nContent-Length: 1000\r\n\r\n')}`;
const JSON_HEAD =
  'POST /contacts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"email":"';

let database: TestDatabase;
let api: ApiProcess;
let sockets: Socket[];
beforeEach(async () => {
  sockets = [];
  database = await TestDatabase.start();
  api = await ApiProcess.start({ MONGODB_URI: database.uri });
  await api.until('/health/startup', 200);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await api?.stop();
  await database?.stop();
});

/** @param drip - Sent again every second */
async function open(text: string, drip?: string): Promise<Socket> {
  const socket = connect(api.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await new Promise((done) => socket.once('connect', done));
  socket.write(text);
  if (drip !== undefined) {
    const timer = setInterval(() => socket.writable && socket.write(drip), DRIP_MS);
    socket.once('close', () => clearInterval(timer));
  }
  return socket;
}

/** Milliseconds until the service has closed its end, which a client that does not read is not told. */
async function untilClosed({ localPort }: Socket): Promise<number> {
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  while (elapsedMs() < PATIENCE_MS && (await countConnections(api.port, localPort)) !== 0) await sleep(100);
  return elapsedMs();
}

it('A24: slow and rude clients, all at once, are let go, and the service answers', async () => {
  const prober = new Prober(`${api.url}/health`);
  const kinds: [what: string, limitMs: number, connect: () => Promise<Socket>][] = [
    ['connects and says nothing', 40_000, async () => open('')],
    ['drips a header', 40_000, async () => open('GET /contacts HTTP/1.1\r\nHost: x\r\n', 'X-Drip: 1\r\n')],
    ['drips a JSON body', 45_000, async () => open(JSON_HEAD, 'x')],
    [
      'drips the body of a probe',
      15_000,
      async () => open('GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n', 'x'),
    ],
    [
      'drips the body of an address that cannot be',
      15_000,
      async () => open('POST /%zz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n', 'x'),
    ],
    ['drips, reads nothing', 75_000, async () => (await open(DRIPPING_BUNDLES, 'x')).pause()],
    // So many answers that the buffers of the system do not hold them.
    ['reads none of its answers', 75_000, async () => (await open(BUNDLE.repeat(10))).pause()],
  ];
  const closed = await Promise.all(
    kinds.map(async ([, , connectOne]) =>
      Promise.all(Array.from({ length: CLIENTS }, async () => untilClosed(await connectOne()))),
    ),
  );
  const probes = await prober.stop();
  expect(Math.min(...closed.flat())).toBeGreaterThan(LEAST_MS);
  for (const [index, [what, limit]] of kinds.entries())
    expectFigure({
      row: 'A24',
      what: `${CLIENTS} times: ${what}: the last closed after`,
      value: Math.max(...(closed[index] ?? [])),
      unit: 'ms',
      limit,
    });
  expect(probes.length).toBeGreaterThan(100);
  const failed = probes.filter(({ status }) => status !== 200).length;
  expectFigure({
    row: 'A24',
    what: 'probes beside rude clients that failed',
    value: failed,
    unit: '',
    limit: 0,
  });
  const slowest = Math.max(...probes.map(({ elapsedMs }) => elapsedMs));
  expectFigure({
    row: 'A24',
    what: 'slowest probe beside rude clients',
    value: slowest,
    unit: 'ms',
    limit: 1_500,
  });
});

it('A24: imports that drip make room when another one needs it', async () => {
  const head =
    'POST /contacts/import HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000000\r\n\r\n';
  const another = async (): Promise<number> => {
    const body = '{"email":"a@example.org","name":"Ada"}\n';
    const headers = { 'content-type': 'application/x-ndjson' };
    const answer = await api.request('/contacts/import', { method: 'POST', headers, body });
    await answer.text();
    return answer.status;
  };
  const startedAt = performance.now();
  const areTaken = async (): Promise<boolean> => {
    // One that was refused, since `another` had come before it, comes again.
    const waiting = sockets.filter(({ bytesRead }) => bytesRead === 0).length;
    for (let n = waiting; n < MAX_STREAMS; n += 1) await open(head, 'x');
    return (await another()) === 503;
  };
  expect(await waitUntil(areTaken, 5_000)).toBe(true);
  await waitUntil(async () => (await another()) === 200, PATIENCE_MS);
  expectFigure({
    row: 'A24',
    what: `an import beside ${MAX_STREAMS} that drip: accepted after`,
    value: performance.now() - startedAt,
    unit: 'ms',
    limit: 40_000,
  });
});
