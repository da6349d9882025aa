import { connect } from 'node:net';

// node load-generator.ts URL CONNECTIONS SECONDS: asks again as soon as an answer is there, and prints {"answers":n,"seconds":s}.
// It reads of an answer no more than its status and its length, so that it costs less than what it measures.

const [, , url = '', connections = '1', seconds = '1'] = process.argv;
const { hostname, port, pathname, host } = new URL(url);
const REQUEST = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n\r\n`;
const STATUS_OK = Buffer.from('HTTP/1.1 200 ');
const LENGTH = Buffer.from('content-length: ');

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

/** Whole length of an answer, whose headers come in one chunk. Searched as bytes: text would cost more the longer the headers are. */
function lengthOf(chunk: Buffer): number {
  const bodyAt = chunk.indexOf('\r\n\r\n') + 4;
  const lengthAt = chunk.indexOf(LENGTH) + LENGTH.length;
  const isOk = chunk.subarray(0, STATUS_OK.length).equals(STATUS_OK);
  if (!isOk || bodyAt < 4 || lengthAt < LENGTH.length) fail(`Unexpected answer: ${chunk.toString()}`);
  return bodyAt + Number.parseInt(chunk.toString('latin1', lengthAt, lengthAt + 10), 10);
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
