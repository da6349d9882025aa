import { DatabaseConnection } from '#database';
import type { mongo } from 'mongoose';
import { TestApplication } from '../../../test/support/application.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';

const MAX_TIME_MS = 9_000;
/** It takes as long as it takes: a limit would end it, the next try would begin anew, and it would never be done. */
const BUILDS = ['createIndexes'];
/** Of the driver itself; what a cursor reads has the limit of the command that opened it. */
const OF_DRIVER = ['endSessions', 'getMore', 'killCursors'];

describe('every command to the database', () => {
  let database: TestDatabase;
  let api: TestApplication;
  const sent: mongo.CommandStartedEvent[] = [];
  beforeAll(async () => {
    database = await TestDatabase.start();
    // It is converted at the start.
    await database.db.collection('test_documents').insertOne({});
    api = await TestApplication.start(
      {
        MONGODB_URI: database.uri,
        MONGODB_MAX_TIME_MS: String(MAX_TIME_MS),
        MONGODB_INDEXES: 'build',
      },
      (app) => void app.get(DatabaseConnection).client.on('commandStarted', (event) => sent.push(event)),
    );
    await api.until('/health/startup', 200);
  });
  afterAll(async () => {
    await api?.stop();
    await database?.stop();
  });

  const send = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
    const answer = await api.request(path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await answer.text();
    expect([method, path, answer.status < 300, text]).toEqual([method, path, true, text]);
    return text;
  };

  it('has a time limit, at the start, in the background and in every route', async () => {
    const body = JSON.stringify({ email: 'ada@example.org', name: 'Ada' });
    const { id } = JSON.parse(await send('POST', '/contacts', body, { 'idempotency-key': 'key-1' })) as {
      id: string;
    };
    await send('GET', '/contacts?count=exact&status=new');
    await send('GET', '/contacts?count=estimated');
    await send('GET', '/contacts/export');
    await send('GET', `/contacts/${id}`);
    const ifMatch = { 'if-match': '*' };
    await send('PATCH', `/contacts/${id}`, '{"name":"Eve"}', ifMatch);
    await send('PUT', `/contacts/${id}`, body, ifMatch);
    await send('DELETE', `/contacts/${id}`, undefined, ifMatch);
    await send('POST', '/contacts/import', `${body}\n`, { 'content-type': 'application/x-ndjson' });
    for (const path of ['/mongodb-test', '/health', '/health/ready', '/status/data', '/metrics'])
      await send('GET', path);

    const names = new Set(sent.map(({ commandName }) => commandName));
    for (const name of [
      'find',
      'findAndModify',
      'insert',
      'update',
      'delete',
      'aggregate',
      'convertToCapped',
    ])
      expect(names).toContain(name);
    const unlimited = sent
      .filter(({ commandName, command }) => {
        const isOther = [...BUILDS, ...OF_DRIVER].includes(commandName);
        return !isOther && !(Number(command.maxTimeMS) > 0);
      })
      .map(({ commandName, command }) => `${commandName} ${String(command[commandName])}`);
    expect([...new Set(unlimited)]).toEqual([]);
  });
});
