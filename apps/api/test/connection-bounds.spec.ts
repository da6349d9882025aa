import { connect } from 'node:net';
import { TestApplication } from '../../../test/support/application.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';
import { MAX_UNDER_WAY } from '../src/http/bound-requests.ts';

let database: TestDatabase;
let app: TestApplication;
beforeAll(async () => {
  database = await TestDatabase.start();
  app = await TestApplication.start({ MONGODB_URI: database.uri });
  await app.until('/health/ready', 200);
});
afterAll(async () => {
  await app?.stop();
  await database?.stop();
});

/** Sends it on a connection of its own. @returns All that comes until the service closes it */
async function send(text: string): Promise<string> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
  return answer;
}

const statusesOf = (answer: string): number[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

it('answers requests that come together in turn, and no more of them than a connection may have', async () => {
  const answer = await send('GET /contacts HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2 * MAX_UNDER_WAY));
  expect(statusesOf(answer)).toEqual([...Array.from({ length: MAX_UNDER_WAY }, () => 200), 429]);
  const last = answer.slice(answer.lastIndexOf('HTTP/1.1'));
  expect(last).toMatch(/^retry-after: 2\r$/m);
  expect(last).toMatch(/^connection: close\r$/m);
  expect(JSON.parse(last.slice(last.indexOf('{')))).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
});

it('refuses an expectation that it does not know, and waits for nothing more', async () => {
  const answer = await send('POST /contacts HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 9\r\n\r\n');
  expect(statusesOf(answer)).toEqual([417]);
  expect(answer).toMatch(/^connection: close\r$/m);
  expect(answer).toMatch(/^x-content-type-options: nosniff\r$/m);
  expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ code: 'EXPECTATION_FAILED' });
});
