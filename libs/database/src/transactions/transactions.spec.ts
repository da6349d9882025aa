import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import { DuplicateKeyError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { currentSession, outsideTransaction, type Transaction } from './transaction.ts';
import { Transactions } from './transactions.ts';

let database: TestDatabase;
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
  database = await TestDatabase.start();
  connection = await connect(database.uri);
  connection.client.on('commandStarted', ({ commandName, command }) => {
    const concern = command.writeConcern as { w?: string } | undefined;
    commands.push(commandName === 'commitTransaction' ? `commit ${concern?.w}` : commandName);
  });
  transactions = new Transactions(connection);
});
beforeEach(() => {
  commands.length = 0;
});
afterEach(() => database.clear());
afterAll(async () => {
  Logger.overrideLogger(true);
  await connection.close();
  await database.stop();
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

describe('a transaction', () => {
  it('stores all that its function writes, with a majority, and returns its result', async () => {
    const result = await transactions.run(async ({ attempt }) => {
      await insert('a');
      await insert('b');
      expect(await stored()).toEqual([]);
      return attempt;
    });
    expect([result, await stored()]).toEqual([1, ['a', 'b']]);
    expect(commands).toContain('commit majority');
  });

  it('stores nothing when its function fails, and throws that error', async () => {
    const failed = transactions.run(async () => {
      await insert('a');
      throw new RangeError('no');
    });
    await expect(failed).rejects.toThrow(new RangeError('no'));
    expect([await stored(), count('abort'), count('commit')]).toEqual([[], 1, 0]);
  });

  it('names the error of the driver, and does not run again for it', async () => {
    await insert('a');
    const failed = transactions.run(async ({ session }) => {
      await insert('b');
      await orders().insertOne({ _id: 'a' }, { ...(session && { session }) });
    });
    await expect(failed).rejects.toBeInstanceOf(DuplicateKeyError);
    expect([await stored(), count('abort')]).toEqual([['a'], 1]);
  });

  it('leaves no session open', async () => {
    const sessions: unknown[] = [];
    await transactions.run(async ({ session }) => void sessions.push(session));
    const failed = transactions.run(async ({ session }) => {
      sessions.push(session);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(sessions).toMatchObject([{ hasEnded: true }, { hasEnded: true }]);
  });

  it('does not let a call that was not awaited in once it has ended', async () => {
    let late: Promise<void> | undefined;
    await transactions.run(async () => {
      await insert('a');
      late = sleep(50).then(() => insert('late'));
      late.catch(() => undefined);
    });
    await expect(late).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
    expect(await stored()).toEqual(['a']);
  });

  it('keeps what was done outside of it', async () => {
    const failed = transactions.run(async () => {
      await insert('a');
      await outsideTransaction(() => insert('log'));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await stored()).toEqual(['log']);
  });
});

describe('a transaction inside another', () => {
  it('is part of it', async () => {
    await transactions.run(async (outer) => {
      await insert('a');
      await transactions.run(async (inner) => {
        expect(inner).toBe(outer);
        await insert('b');
      });
    });
    expect([await stored(), count('commit')]).toEqual([['a', 'b'], 1]);
  });

  it('fails it, even when the outer function ignores that', async () => {
    const failed = transactions.run(async () => {
      await insert('a');
      await transactions.run(() => Promise.reject(new Error('inner'))).catch(() => undefined);
    });
    await expect(failed).rejects.toThrow('inner');
    expect([await stored(), count('commit')]).toEqual([[], 0]);
  });
});

describe('after the commit', () => {
  it('runs the hooks once and in order, outside of the transaction, also when one fails', async () => {
    const ran: string[] = [];
    await transactions.run(async (tx) => {
      tx.afterCommit(async () => {
        ran.push(`first ${(await stored()).join()}`);
        expect(currentSession()).toBeUndefined();
      });
      tx.afterCommit(() => Promise.reject(new Error('mail server away')));
      await transactions.run(async (inner) => inner.afterCommit(() => void ran.push('last')));
      await insert('a');
    });
    expect(ran).toEqual(['first a', 'last']);
    expect(await stored()).toEqual(['a']);
  });

  it('runs none when it was undone', async () => {
    let runs = 0;
    const failed = transactions.run(async (tx) => {
      tx.afterCommit(() => void (runs += 1));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(runs).toBe(0);
  });
});

describe('a signal', () => {
  it('undoes what has not been committed', async () => {
    const controller = new AbortController();
    const run = transactions.run(
      async () => {
        await insert('a');
        controller.abort(new Error('client has gone'));
      },
      { signal: controller.signal },
    );
    await expect(run).rejects.toThrow('client has gone');
    expect([await stored(), count('commit')]).toEqual([[], 0]);
  });
});

it('sees two writers of one document through', async () => {
  await insert('counter');
  const add = async (tx: Transaction): Promise<void> => {
    const options = { ...(tx.session && { session: tx.session }) };
    const found = await orders().findOne<{ n?: number }>({ _id: 'counter' }, options);
    await orders().updateOne({ _id: 'counter' }, { $set: { n: (found?.n ?? 0) + 1 } }, options);
  };
  await Promise.all(Array.from({ length: 8 }, () => transactions.run(add)));
  expect(await orders().findOne({ _id: 'counter' })).toMatchObject({ n: 8 });
});

it('says why when there is no connection', async () => {
  const closed = new DatabaseConnection(
    loadConfiguration({ MONGODB_URI: 'mongodb://127.0.0.1:1/x' }).database,
  );
  await closed.close();
  await expect(new Transactions(closed).run(async () => {})).rejects.toMatchObject({ reason: 'closed' });
});
