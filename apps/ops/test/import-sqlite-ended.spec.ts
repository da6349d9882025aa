import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { ImportProcess, reportOf, runImport } from './import-sqlite/ops.ts';
import { createSource, fillSql } from './import-sqlite/odd-source.ts';

/** Eight batches, of which two are under way at a time. */
const ROWS = 40_000;

describe('ops import-sqlite that is ended', () => {
  let server: MongodServer;
  let client: mongo.MongoClient;
  let folder: string;
  let file: string;
  beforeAll(async () => {
    server = await MongodServer.start();
    client = await new mongo.MongoClient(server.uri()).connect();
    folder = await mkdtemp(join(tmpdir(), 'import-sqlite-'));
    file = join(folder, 'app.db');
    createSource(file, fillSql(ROWS));
  });
  afterEach(async () => {
    await server.clearFailPoint();
    await client.db('app').dropDatabase();
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)('goes on where it was after %s', async (signal, code) => {
    const environment = { MONGODB_URI: server.uri('app') };
    const rows = client.db('app').collection('t');
    // So that the end comes in the middle, however slow the machine is.
    await server.failPoint({ failCommands: ['insert'], blockConnection: true, blockTimeMS: 1_000 });
    const importing = new ImportProcess([file], environment);
    expect(await waitUntil(async () => (await rows.estimatedDocumentCount()) >= 5_000)).toBe(true);
    importing.signal(signal);
    expect((await importing.ended()).code).toBe(code);
    await server.clearFailPoint();
    const stored = await rows.countDocuments();
    expect(stored).toBeLessThan(ROWS);
    const outcome = await runImport([file, '--json'], environment);
    expect(outcome.code).toBe(0);
    const { tables } = reportOf(outcome) as { tables: { inserted: number }[] };
    expect(tables).toMatchObject([{ verified: { documents: ROWS, isEqual: true } }]);
    // The server may have stored a little more of what was on its way.
    expect(tables[0]?.inserted).toBeLessThanOrEqual(ROWS - stored);
  });
});
