import { once } from 'node:events';
import { connect } from 'node:net';
import { mongo } from 'mongoose';
import { ApiProcess } from '../../../test/support/api-process.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';

const CONTACTS = 5_000;
/** Documents of a batch of the import. */
const BATCH = 1_000;

let server: MongodServer;
let api: ApiProcess;
beforeAll(async () => {
  server = await MongodServer.start({ replSet: true });
  api = await ApiProcess.start({ MONGODB_URI: server.uri('import') });
  await api.until('/health/startup', 200);
});
afterAll(async () => {
  await api?.stop();
  await server?.stop();
});

it('writes the lines of an import in batches, also as it is shipped', async () => {
  const before = await insertCommands();
  const lines = Array.from({ length: CONTACTS }, (_, number) => `{"email":"person.${number}@example.org"}\n`);
  const answer = await api.request('/contacts/import', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.join(''),
  });
  expect(await answer.json()).toEqual({ inserted: CONTACTS, failed: 0, errors: [] });
  // A few belong to the checks of the health.
  expect((await insertCommands()) - before).toBeLessThan((CONTACTS / BATCH) * 4);
});

it('answers a client that sends all of an import before it reads, also when it fails in the middle', async () => {
  await server.failPoint({ failCommands: ['insert'], errorCode: 91 });
  const body = '{"email":"person@example.org"}\n'.repeat(500_000);
  const headers = `Host: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${body.length}\r\n`;
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  try {
    socket.write(`POST /contacts/import HTTP/1.1\r\n${headers}\r\n`);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).write(body, (error) => (error ? reject(error) : resolve()));
    });
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 .*"DATABASE_UNAVAILABLE"/s);
  } finally {
    socket.destroy();
    await server.clearFailPoint();
  }
});

/** Commands that insert, since the server was started. */
async function insertCommands(): Promise<number> {
  const { metrics } = (await server.command({ serverStatus: 1 })) as {
    metrics: { commands: { insert: { total: mongo.Long | number } } };
  };
  return Number(metrics.commands.insert.total);
}
