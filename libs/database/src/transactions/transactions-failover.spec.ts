import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { ReplicaSet } from '../../../../test/support/replica-set.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import type { Transaction } from './transaction.ts';
import { Transactions } from './transactions.ts';

const WRITERS = 4;
const RUN_MS = 9_000;

/** One transfer: a line in the journal, one unit from the first account to the second. */
interface Transfer {
  _id: string;
}
interface Account {
  _id: 'from' | 'to';
  balance: number;
}

describe('transactions while primaries are killed', () => {
  let set: ReplicaSet;
  let connection: DatabaseConnection;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    set = await ReplicaSet.start(3);
    connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: set.uri('bank') }).database);
    connection.start();
    await connection.whenSettled();
    await connection.db.createCollection('transfers');
    await accounts().insertMany([
      { _id: 'from', balance: 0 },
      { _id: 'to', balance: 0 },
    ]);
  });
  afterAll(async () => {
    Logger.overrideLogger(true);
    await connection?.close();
    await set?.stop();
  });

  const accounts = () => connection.db.collection<Account>('accounts');
  const transfers = () => connection.db.collection<Transfer>('transfers');

  async function transfer(id: string, { session }: Transaction): Promise<void> {
    const options = { ...(session && { session }) };
    await transfers().insertOne({ _id: id }, options);
    await accounts().updateOne({ _id: 'from' }, { $inc: { balance: -1 } }, options);
    await accounts().updateOne({ _id: 'to' }, { $inc: { balance: 1 } }, options);
  }

  it('are each done once or not at all, and none that was acknowledged is lost', async () => {
    const transactions = new Transactions(connection);
    const done: string[] = [];
    const unclear: string[] = [];
    const hooks: string[] = [];
    const endsAt = performance.now() + RUN_MS;
    const write = async (writer: number): Promise<void> => {
      for (let i = 0; performance.now() < endsAt; i += 1) {
        const id = `${writer}-${i}`;
        const run = transactions.run(async (tx) => {
          tx.afterCommit(() => void hooks.push(id));
          await transfer(id, tx);
        });
        await run.then(
          () => done.push(id),
          () => unclear.push(id),
        );
      }
    };
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    await sleep(1_000);
    const first = await set.primary();
    await set.kill(first);
    await sleep(3_000);
    await set.restart(first);
    await set.stepDown();
    await writing;

    const stored = (await transfers().find().toArray()).map(({ _id }) => _id);
    const balances = await accounts().find().sort({ _id: 1 }).toArray();
    expect(done.length).toBeGreaterThan(50);
    expect(done.filter((id) => !stored.includes(id))).toEqual([]);
    expect(stored.filter((id) => !done.includes(id) && !unclear.includes(id))).toEqual([]);
    expect(balances).toEqual([
      { _id: 'from', balance: -stored.length },
      { _id: 'to', balance: stored.length },
    ]);
    expect(hooks.toSorted()).toEqual(done.toSorted());
    expect(unclear.length).toBeLessThanOrEqual(WRITERS);
  });
});
