import { connect } from 'node:net';

// node load-generator.ts URL CONNECTIONS SECONDS: asks again as soon as an answer is there, and prints {"answers":n,"seconds":s}.
// It reads of an answer no more than its status and its length, so that it costs less than what it measures.

const [, , url = '', connections = '1', seconds = '1'] = process.argv;
const { hostname, port, pathname, host } = new URL(url);
const REQUEST = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n\r\n`;
const STATUS_OK = 'HTTP/1.1 200 ';
const LENGTH = 'content-length: ';

let answers = 0;
const startedAt = performance.now();
for (let i = 0; i < Number(connections); i += 1) open();
setTimeout(
  () => {
    process.stdout.write(JSON.stringify({ answers, seconds: (performance.now() - startedAt) / 1_000 }));
    process.exit(0);
  },
  Number(seconds) * 1_000,
);

function open(): void {
  let missingBytes = 0;
  const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => socket.write(REQUEST));
  socket.on('data', (chunk: Buffer) => {
    if (missingBytes === 0) missingBytes = lengthOf(chunk);
    missingBytes -= chunk.length;
    if (missingBytes > 0) return;
    answers += 1;
    socket.write(REQUEST);
  });
  socket.on('error', (error: Error) => {
    fail(error.message);
  });
  socket.on('close', () => {
    fail('The server closed a connection');
  });
}

/** Whole length of an answer, whose headers come in one chunk. */
function lengthOf(chunk: Buffer): number {
  const text = chunk.toString('latin1');
  const bodyAt = text.indexOf('\r\n\r\n') + 4;
  const lengthAt = text.indexOf(LENGTH) + LENGTH.length;
  if (!text.startsWith(STATUS_OK) || bodyAt < 4 || lengthAt < LENGTH.length)
    fail(`Unexpected answer: ${text}`);
  return bodyAt + Number.parseInt(text.slice(lengthAt, bodyAt), 10);
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
