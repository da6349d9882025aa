import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// node test/faults/crowd.ts PORT: clients of the service on 127.0.0.1 that send much or take little, in a process of their own, so that
// they do not slow down who measures. Ends with its standard input, or by itself.

const LIFE_MS = 150_000;
/** Connections that are opened together, and the pause before the next. */
const STEP = { connections: 20, pauseMs: 100 };
const POST = 'POST /contacts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

/** Two thirds of the connections that may be open, and what each of them does. */
const CLIENTS: readonly [count: number, text: string][] = [
  // Take the first bytes of all contacts, and no more.
  [40, 'GET /contacts/export HTTP/1.1\r\nHost: x\r\n\r\n'],
  // Ask for many large pages at once, and take the first bytes of the first one.
  [20, 'GET /contacts?limit=100 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(32)],
  // Headers that do not end.
  [960, `GET /contacts HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(16_000)}`],
  // Single bytes.
  [400, CHUNKED + '1\r\nx\r\n'.repeat(999)],
  // Most of 1 MiB, and no more.
  [200, CHUNKED + `4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(60)],
  [400, `${POST}Content-Length: 1048576\r\n\r\n"${'x'.repeat(950_000)}`],
];

setTimeout(() => process.exit(), LIFE_MS).unref();
process.stdin.on('end', () => process.exit()).resume();
for (const [count, text] of CLIENTS) {
  const bytes = Buffer.from(text);
  for (let n = 1; n <= count; n += 1) {
    open(bytes);
    if (n % STEP.connections === 0) await sleep(STEP.pauseMs);
  }
}
process.stdout.write('All have come\n');

/** Sends the bytes and reads the beginning of what comes. */
function open(bytes: Buffer): void {
  const socket = connect(Number(process.argv[2]), '127.0.0.1').on('error', () => undefined);
  socket.once('data', () => socket.pause());
  socket.write(bytes);
}
