import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { MongodServer, type FailPoint } from '../../../../test/support/mongod-server.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { currentSession } from './transaction.ts';
import { Transactions, type TransactionOptions } from './transactions.ts';

/** A server of its own: a failpoint hits everybody on it. */
let server: MongodServer;
let connection: DatabaseConnection;
let transactions: Transactions;
const commands: string[] = [];

async function connect(uri: string): Promise<DatabaseConnection> {
  const opened = new DatabaseConnection(loadConfiguration({ MONGODB_URI: uri }).database);
  opened.start();
  await opened.whenSettled();
  return opened;
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await MongodServer.start({ replSet: true });
  connection = await connect(server.uri('shop'));
  connection.client.on('commandStarted', ({ commandName, command }) => {
    const concern = command.writeConcern as { w?: string } | undefined;
    commands.push(commandName === 'commitTransaction' ? `commit ${concern?.w}` : commandName);
  });
  transactions = new Transactions(connection);
});
beforeEach(async () => {
  await orders().deleteMany({});
  commands.length = 0;
});
afterEach(async () => {
  await server.clearFailPoint();
  // A commit that failed for good leaves its transaction open.
  await server.command({ killAllSessions: [] });
});
afterAll(async () => {
  Logger.overrideLogger(true);
  await connection.close();
  await server.stop();
});

const orders = () => connection.db.collection<{ _id: string }>('orders');
const count = (name: string) => commands.filter((command) => command.startsWith(name)).length;
const stored = async () => (await orders().find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id);

/** As a repository does it: with the session around it, and errors of the family. */
async function insert(id: string): Promise<void> {
  const session = currentSession();
  try {
    await orders().insertOne({ _id: id }, { ...(session && { session }) });
  } catch (error) {
    throw toDatabaseError(error);
  }
}

const TRANSIENT = { errorLabels: ['TransientTransactionError'] };
const UNKNOWN = { errorLabels: ['UnknownTransactionCommitResult'] };

describe('a fault', () => {
  /** @returns How often the function ran and the commit was sent, and what was stored */
  async function runWith(failPoint: FailPoint, options?: TransactionOptions) {
    await server.failPoint(failPoint);
    let runs = 0;
    const run = transactions.run(async () => {
      runs += 1;
      await insert('a');
      await insert('b');
    }, options);
    const error = await run.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await server.clearFailPoint();
    return { error, runs, commits: count('commit'), stored: await stored() };
  }

  it('runs only the hooks of the attempt that was committed', async () => {
    const ran: number[] = [];
    await server.failPoint({ failCommands: ['insert'], mode: { times: 2 }, errorCode: 112, ...TRANSIENT });
    await transactions.run(async (tx) => {
      tx.afterCommit(() => void ran.push(tx.attempt));
      await insert('a');
    });
    expect(ran).toEqual([3]);
  });

  it.each<[string, FailPoint]>([
    ['a conflict', { failCommands: ['insert'], errorCode: 112, ...TRANSIENT }],
    ['a lost connection', { failCommands: ['insert'], closeConnection: true }],
    ['a step-down', { failCommands: ['insert'], errorCode: 189, ...TRANSIENT }],
  ])('of a write runs the function again: %s', async (_fault, failPoint) => {
    const outcome = await runWith({ ...failPoint, mode: { times: 3 } });
    expect(outcome).toEqual({ error: undefined, runs: 4, commits: 1, stored: ['a', 'b'] });
  });

  it.each([true, false])('of a bulk write runs the function again: ordered %p', async (ordered) => {
    for (const fault of [{ errorCode: 112, ...TRANSIENT }, { closeConnection: true }]) {
      await orders().deleteMany({});
      await server.failPoint({ failCommands: ['insert'], mode: { times: 2 }, ...fault });
      const attempts = await transactions.run(async ({ attempt, session }) => {
        await orders().insertMany([{ _id: 'a' }, { _id: 'b' }], { ordered, ...(session && { session }) });
        return attempt;
      });
      expect([attempts, await stored()]).toEqual([3, ['a', 'b']]);
    }
  });

  it('of the commit that undid everything runs the function again', async () => {
    const failPoint = {
      failCommands: ['commitTransaction'],
      errorCode: 251,
      mode: { times: 2 },
      ...TRANSIENT,
    };
    expect(await runWith(failPoint)).toEqual({
      error: undefined,
      runs: 3,
      commits: 3,
      stored: ['a', 'b'],
    });
  });

  it.each<[string, FailPoint]>([
    ['the server says so', { failCommands: [], errorCode: 91, ...UNKNOWN }],
    ['the connection is lost', { failCommands: [], closeConnection: true }],
    [
      'no majority in time',
      { failCommands: [], writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } },
    ],
  ])('of the commit with an unknown outcome sends only that again: %s', async (_fault, failPoint) => {
    const times = 4;
    const outcome = await runWith({ ...failPoint, failCommands: ['commitTransaction'], mode: { times } });
    expect(outcome).toMatchObject({ error: undefined, runs: 1, stored: ['a', 'b'] });
    expect(outcome.commits).toBe(times + 1);
    expect(commands).not.toContain('commit undefined');
  });

  it('of the commit that goes on until the deadline is told as unconfirmed, and the function runs once', async () => {
    const failPoint = { failCommands: ['commitTransaction'], closeConnection: true };
    const outcome = await runWith(failPoint, { deadlineMs: 1_500 });
    expect(outcome).toMatchObject({
      error: { code: 'DATABASE_UNAVAILABLE', reason: 'not-confirmed' },
      runs: 1,
    });
    expect(outcome.commits).toBeGreaterThan(2);
  });

  it('of a commit that was too slow is not repeated', async () => {
    const failPoint = { failCommands: ['commitTransaction'], errorCode: 50, ...UNKNOWN };
    const outcome = await runWith(failPoint);
    expect(outcome).toMatchObject({ error: { reason: 'not-confirmed' }, runs: 1, commits: 1 });
  });

  it('that lasts ends with the attempts', async () => {
    const failPoint = { failCommands: ['insert'], errorCode: 112, ...TRANSIENT };
    const outcome = await runWith(failPoint, { maxAttempts: 3 });
    expect(outcome).toMatchObject({ error: { reason: 'write-conflict' }, runs: 3, commits: 0, stored: [] });
  });

  it('that lasts ends with the deadline', async () => {
    const failPoint = { failCommands: ['insert'], errorCode: 112, ...TRANSIENT };
    const outcome = await runWith(failPoint, { deadlineMs: 300 });
    expect(outcome).toMatchObject({ error: { reason: 'write-conflict' }, commits: 0, stored: [] });
  });

  it('that lasts ends with the signal', async () => {
    const failPoint = { failCommands: ['insert'], errorCode: 112, ...TRANSIENT };
    const outcome = await runWith(failPoint, { signal: AbortSignal.timeout(300) });
    expect(outcome).toMatchObject({ commits: 0, stored: [] });
    expect(outcome.error).toBeDefined();
  });
});
