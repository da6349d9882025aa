import { connect } from 'node:net';
import { parseArgs } from 'node:util';

// node contacts-generator.ts --url URL --connections N (--seconds S | --requests N) ID…: reads contact after contact by its id, over
// keep-alive connections, and prints {"answers":n,"seconds":s}. Each answer must be a 200 that holds the id asked for.

const { values, positionals: ids } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: '' },
    connections: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '86400' },
    requests: { type: 'string', default: 'Infinity' },
  },
});
const { hostname, port, host } = new URL(values.url);
const STATUS_OK = Buffer.from('HTTP/1.1 200 ');
const LENGTH = Buffer.from('content-length: ');
const questions = ids.map((id) => ({
  expected: Buffer.from(`{"id":"${id}"`),
  request: `GET /contacts/${id} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n\r\n`,
}));
const limit = Number(values.requests);

let asked = 0;
let answers = 0;
const startedAt = performance.now();
for (let i = 0; i < Number(values.connections); i += 1) open();
setTimeout(finish, Number(values.seconds) * 1_000);

function open(): void {
  let question = questions[0];
  let missingBytes = 0;
  const ask = () => {
    if (asked >= limit) return;
    question = next();
    socket.write(question.request);
  };
  const socket = connect({ host: hostname, port: Number(port), noDelay: true }, ask);
  socket.on('data', (chunk: Buffer) => {
    if (missingBytes === 0 && question) missingBytes = lengthOf(chunk, question.expected);
    missingBytes -= chunk.length;
    if (missingBytes > 0) return;
    answers += 1;
    if (answers >= limit) finish();
    ask();
  });
  socket.on('error', (error: Error) => {
    fail(error.message);
  });
  socket.on('close', () => {
    fail('The server closed a connection');
  });
}

function next(): (typeof questions)[number] {
  const question = questions[asked % questions.length];
  if (question === undefined) fail('There are no ids');
  asked += 1;
  return question;
}

/** Whole length of an answer, whose headers and first field come in one chunk. Searched as bytes, which costs little. */
function lengthOf(chunk: Buffer, expected: Buffer): number {
  const bodyAt = chunk.indexOf('\r\n\r\n') + 4;
  const lengthAt = chunk.indexOf(LENGTH) + LENGTH.length;
  const isOk = chunk.subarray(0, STATUS_OK.length).equals(STATUS_OK);
  const isExpected = chunk.subarray(bodyAt, bodyAt + expected.length).equals(expected);
  if (!isOk || bodyAt < 4 || lengthAt < LENGTH.length || !isExpected)
    fail(`Unexpected answer: ${chunk.toString()}`);
  return bodyAt + Number.parseInt(chunk.toString('latin1', lengthAt, lengthAt + 10), 10);
}

function finish(): never {
  process.stdout.write(JSON.stringify({ answers, seconds: (performance.now() - startedAt) / 1_000 }));
  process.exit(0);
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
