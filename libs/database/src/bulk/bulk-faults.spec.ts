import { mongo, Mongoose, Schema } from 'mongoose';
import { MongodServer, type FailPoint } from '../../../../test/support/mongod-server.ts';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import { failAbandonedWrites } from '../connection/abandoned-writes.ts';
import { DuplicateKeyError } from '../errors/database.error.ts';
import { ModelPlan } from '../repository/model-plan.ts';
import { toDriverOptions } from '../repository/operation-options.ts';
import type { BulkTarget } from './bulk-target.ts';
import { BulkWriteError } from './bulk-write.error.ts';
import { bulk } from './bulk.ts';
import { InsertCommand } from './insert-command.ts';
import { compiledTarget } from './compiled-target.ts';
import { insertMany } from './insert-many.ts';

interface Item {
  _id: mongo.ObjectId;
  number: number;
}
const schema = new Schema<Item>({ number: { type: Number, required: true } });
new Mongoose({ autoCreate: false, autoIndex: false }).model('Item', schema);
const plan = new ModelPlan(schema);

/** A server of its own: a failpoint hits everybody on it. */
let server: MongodServer;
let client: mongo.MongoClient;
let target: BulkTarget;

beforeAll(async () => {
  failAbandonedWrites();
  server = await MongodServer.start({ replSet: true });
  // A call that waits for a connection ends, as in the library; the driver alone would let it wait for ever.
  const limits = { serverSelectionTimeoutMS: 1_000, waitQueueTimeoutMS: 5_000 };
  client = new mongo.MongoClient(server.uri('shop'), limits);
  await client.connect();
  if (!plan.writer) throw new Error('This schema can be compiled');
  target = compiledTarget(plan, plan.writer, {
    collection: () => client.db().collection('items'),
    driverOptions: (options) => toDriverOptions(options, 10_000),
  });
});
beforeEach(() => items().deleteMany({}));
afterEach(() => server.clearFailPoint());
afterAll(async () => {
  await client.close();
  await server.stop();
});

const items = () => client.db().collection<Item>('items');
const numbered = (count: number) => Array.from({ length: count }, (_, number) => ({ number }));

async function failureOf(write: Promise<unknown>): Promise<BulkWriteError> {
  const error = await write.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BulkWriteError);
  return error as BulkWriteError;
}

describe('a fault while documents are inserted', () => {
  it.each([true, false])('a majority that does not confirm is told: ordered %p', async (ordered) => {
    const failPoint: FailPoint = {
      failCommands: ['insert'],
      mode: { skip: 2 },
      writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' },
    };
    const _id = new mongo.ObjectId();
    await items().insertOne({ _id, number: -1 });
    await server.failPoint(failPoint);
    const inputs = numbered(40).with(25, { number: 25, _id } as { number: number });
    const error = await failureOf(insertMany(target, inputs, { ordered, chunkSize: 10 }));
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', cause: { reason: 'not-confirmed' } });
    const { report } = error;
    // Which of the commands are the first two is open when they are on their way at once.
    if (ordered) {
      expect(report.inserted).toBe(20);
      expect(report.unconfirmed.map(({ index }) => index)).toEqual([20, 21, 22, 23, 24]);
      expect(report.errors).toEqual([{ index: 25, error: expect.any(DuplicateKeyError) }]);
    } else expect(report.unconfirmed.length).toBeGreaterThanOrEqual(9);
    const stored = await items().countDocuments({ number: { $gte: 0 } });
    expect(stored).toBe(report.inserted + report.unconfirmed.length);
    const unconfirmed = report.unconfirmed.map(({ id }) => id as mongo.ObjectId);
    expect(await items().countDocuments({ _id: { $in: unconfirmed } })).toBe(unconfirmed.length);
  });

  it('a lost answer is told as unclear when it is lost again', async () => {
    await server.failPoint({ failCommands: ['insert'], mode: { skip: 3 }, closeConnection: true });
    const error = await failureOf(insertMany(target, numbered(100), { chunkSize: 10 }));
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', cause: { reason: 'connection-lost' } });
    expect(error.report.inserted).toBe(30);
    expect(error.report.unconfirmed.map(({ index }) => index)).toEqual(
      numbered(10).map(({ number }) => 30 + number),
    );
    expect(error.message).toBe(
      'The bulk write was interrupted after 50 items, 10 of them without a clear answer: ' +
        'The connection to the server was lost',
    );
  });

  it('an answer that is lost once is asked for again', async () => {
    await server.failPoint({ failCommands: ['insert'], mode: { times: 1 }, closeConnection: true });
    expect(await insertMany(target, numbered(50), { chunkSize: 10 })).toMatchObject({ inserted: 50 });
    expect(await items().countDocuments()).toBe(50);
  });

  it('without the right to write nothing is in doubt', async () => {
    await server.failPoint({ failCommands: ['insert'], errorCode: 13 });
    const error = await failureOf(insertMany(target, numbered(5), { ordered: false }));
    expect(error).toMatchObject({
      code: 'NOT_PERMITTED',
      report: { inserted: 0, failed: 0, unconfirmed: [] },
    });
  });

  it.each([true, false])('the signal ends a command on its way: ordered %p', async (ordered) => {
    await server.failPoint({
      failCommands: ['insert'],
      mode: { skip: 1 },
      blockConnection: true,
      blockTimeMS: 5_000,
    });
    const controller = new AbortController();
    const reason = new Error('The client has gone');
    const { signal } = controller;
    const onProgress = (): void => void setTimeout(() => controller.abort(reason), 100);
    const error = await failureOf(
      insertMany(target, numbered(100), { ordered, chunkSize: 10, signal, onProgress }),
    );
    expect(error.cause).toBe(reason);
    expect(error.report.inserted).toBe(10);
    expect(error.report.unconfirmed.length).toBeGreaterThanOrEqual(10);
    await server.clearFailPoint();
  });

  it('a shard that is away is no refusal', async () => {
    const _id = new mongo.ObjectId();
    await items().insertOne({ _id, number: -1 });
    // Nothing but a router reports this for one document: the code of a real refusal is changed to it.
    const execute: (this: InsertCommand) => Promise<mongo.BulkWriteResult> = Reflect.get(
      InsertCommand.prototype,
      'execute',
    );
    InsertCommand.prototype.execute = async function (): Promise<mongo.BulkWriteResult> {
      try {
        return await execute.call(this);
      } catch (error) {
        for (const { err } of (error as mongo.MongoBulkWriteError).result.getWriteErrors()) err.code = 6;
        throw error;
      }
    };
    try {
      const inputs = numbered(5).with(2, { number: 2, _id } as { number: number });
      const error = await failureOf(insertMany(target, inputs, { ordered: false }));
      expect(error).toMatchObject({ cause: { reason: 'unreachable' }, report: { inserted: 4, failed: 0 } });
      expect(error.report.unconfirmed).toEqual([{ index: 2, id: _id }]);
    } finally {
      InsertCommand.prototype.execute = execute;
    }
  });

  it('a change that is not confirmed is told, too', async () => {
    await insertMany(target, numbered(5));
    await server.failPoint({
      failCommands: ['update'],
      writeConcernError: { code: 100, errmsg: 'not enough' },
    });
    const operations = numbered(3).map(({ number }) => ({
      update: { filter: { number }, update: { number: number + 10 } },
    }));
    const error = await failureOf(bulk<Item>(target, operations));
    expect(error).toMatchObject({
      cause: { reason: 'not-confirmed' },
      report: { matched: 0, unconfirmed: [{ index: 0 }, { index: 1 }, { index: 2 }] },
    });
  });

  it.each([true, false])(
    'a server that is killed loses nothing that was reported: ordered %p',
    async (ordered) => {
      async function* endless(): AsyncGenerator<{ number: number }> {
        for (let number = 0; ; number += 1) {
          yield { number };
          if (number % 10 === 0) await new Promise(setImmediate);
        }
      }
      let inserted = 0;
      const onProgress = (report: { inserted: number }): void => {
        inserted = report.inserted;
      };
      const write = failureOf(
        insertMany(target, endless(), { ordered, chunkSize: 20, keepIds: true, onProgress }),
      );
      await waitUntil(() => inserted >= 200);
      await server.kill();
      const { report, code } = await write;
      await server.restart();
      expect(code).toBe('DATABASE_UNAVAILABLE');
      expect(report.unconfirmed.length % 20).toBe(0);
      expect(report.unconfirmed.length).toBeLessThanOrEqual(ordered ? 20 : 40);
      const stored = new Set((await items().find().toArray()).map(({ _id }) => _id.toHexString()));
      const lost = [...report.insertedIds.values()].filter((id) => !stored.has(String(id)));
      expect(lost).toEqual([]);
      for (const { id } of report.unconfirmed) stored.delete(String(id));
      expect(stored.size).toBe(report.inserted);
    },
    60_000,
  );
});
