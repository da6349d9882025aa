import { loadConfiguration } from '#config';
import { Logger, type LoggerService } from '@nestjs/common';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import { currentSession } from './transaction.ts';
import { Transactions } from './transactions.ts';

async function connect(uri: string): Promise<DatabaseConnection> {
  const opened = new DatabaseConnection(loadConfiguration({ MONGODB_URI: uri }).database);
  opened.start();
  await opened.whenSettled();
  return opened;
}

/** Keeps the warnings. */
function recorder(warnings: unknown[]): LoggerService {
  const ignore = (): void => {};
  return { log: ignore, error: ignore, warn: (message) => warnings.push(message) };
}

describe('on a standalone', () => {
  let standalone: MongodServer;
  let toStandalone: DatabaseConnection;
  let transactions: Transactions;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    standalone = await MongodServer.start();
    toStandalone = await connect(standalone.uri('shop'));
  });
  beforeEach(() => {
    transactions = new Transactions(toStandalone);
  });
  afterEach(() => Logger.overrideLogger(false));
  afterAll(async () => {
    Logger.overrideLogger(true);
    await toStandalone.close();
    await standalone.stop();
  });

  it('refuses before the function runs, and says what to do', async () => {
    let runs = 0;
    await expect(transactions.run(async () => void (runs += 1))).rejects.toMatchObject({
      code: 'TRANSACTION_UNSUPPORTED',
      message: expect.stringContaining('--replSet'),
    });
    expect(runs).toBe(0);
  });

  it('runs without one when told to, with one warning, and the hooks after it', async () => {
    const warnings: unknown[] = [];
    Logger.overrideLogger(recorder(warnings));
    const ran: string[] = [];
    for (let i = 0; i < 2; i += 1) {
      await transactions.run(
        async (tx) => {
          tx.afterCommit(() => void ran.push('hook'));
          expect([tx.session, currentSession()]).toEqual([undefined, undefined]);
          await toStandalone.db.collection('orders').insertOne({});
          await transactions.run(async () => void ran.push('inner'), { onStandalone: 'proceed' });
          await expect(transactions.run(async () => {})).rejects.toMatchObject({
            code: 'TRANSACTION_UNSUPPORTED',
          });
        },
        { onStandalone: 'proceed' },
      );
    }
    expect(ran).toEqual(['inner', 'hook', 'inner', 'hook']);
    expect(await toStandalone.db.collection('orders').countDocuments()).toBe(2);
    expect(warnings).toEqual([expect.stringContaining('no transactions')]);
  });

  it('notices when a replica set has become one', async () => {
    const other = await MongodServer.start({ replSet: true });
    const toSet = await connect(`mongodb://127.0.0.1:${other.port}/shop?directConnection=true`);
    const moved = new Transactions(toSet);
    await moved.run(async () => {});
    await other.terminate();
    const alone = await MongodServer.start({ port: other.port });
    let runs = 0;
    const fn = async (): Promise<void> => {
      runs += 1;
      const session = currentSession();
      await toSet.db.collection('orders').insertOne({}, { ...(session && { session }) });
    };
    await expect(moved.run(fn)).rejects.toMatchObject({ code: 'TRANSACTION_UNSUPPORTED' });
    await expect(moved.run(fn)).rejects.toMatchObject({ code: 'TRANSACTION_UNSUPPORTED' });
    expect(runs).toBeLessThanOrEqual(2);
    await toSet.close();
    await Promise.all([alone.stop(), other.stop()]);
  });
});
