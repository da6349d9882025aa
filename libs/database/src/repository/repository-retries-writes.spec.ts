import type { mongo } from 'mongoose';
import type { FailPoint } from '../../../../test/support/mongod-server.ts';
import { TicketServer } from '../../../../test/support/ticket-server.ts';

let server: TicketServer;
beforeAll(async () => {
  server = await TicketServer.start();
});
beforeEach(() => server.reset());
afterAll(() => server?.stop());

const LOST: Omit<FailPoint, 'failCommands'> = { closeConnection: true };

describe.each([
  { way: 'compiled', repository: () => server.compiled },
  { way: 'mongoose', repository: () => server.throughMongoose },
])('where writes are $way', ({ way, repository }) => {
  const count = async (): Promise<number> => (await repository().getById('one')).sold;

  it('is what it says', () => expect(repository().explain().writes).toBe(way));

  /** Each write, the command that it becomes, and how to see that it was done once and not twice. */
  const WRITES: [
    string,
    command: string,
    write: () => Promise<unknown>,
    isDoneOnce: () => Promise<boolean>,
  ][] = [
    [
      'insert',
      'insert',
      () => repository().insert({ _id: 'new' }),
      () => repository().exists({ _id: 'new' }),
    ],
    [
      'updateById',
      'update',
      () => repository().updateById('one', { $inc: { sold: 1 } }),
      async () => (await count()) === 1,
    ],
    [
      'updateOne',
      'update',
      () => repository().updateOne({ title: 'One' }, { $inc: { sold: 1 } }),
      async () => (await count()) === 1,
    ],
    [
      'findByIdAndUpdate',
      'findAndModify',
      () => repository().findByIdAndUpdate('one', { $inc: { sold: 1 } }),
      async () => (await count()) === 1,
    ],
    [
      'upsert',
      'findAndModify',
      () => repository().upsert({ _id: 'one' }, { $inc: { sold: 1 } }),
      async () => (await count()) === 1,
    ],
    [
      'deleteOne',
      'delete',
      () => repository().deleteOne({ row: 1 }),
      async () => (await repository().count({})) === 1,
    ],
    [
      'deleteById',
      'delete',
      () => repository().deleteById('one'),
      async () => !(await repository().exists({ _id: 'one' })),
    ],
  ];

  describe.each(WRITES)('the write %s', (_name, command, write, isDoneOnce) => {
    /** Sent with the same number, by which the server knows that it has done it. */
    function expectSentTwice(): void {
      const attempts = server.commands.filter(({ commandName }) => commandName === command);
      expect(attempts).toHaveLength(2);
      const [first, second] = attempts.map(({ command: { lsid, txnNumber } }) => ({ lsid, txnNumber }));
      expect(first?.txnNumber).toBeDefined();
      expect(second).toEqual(first);
    }

    it.each<Omit<FailPoint, 'failCommands'>>([LOST, { errorCode: 89 }])(
      'is sent once more after %j, and done once',
      async (fault) => {
        await server.mongod.failPoint({ failCommands: [command], mode: { times: 1 }, ...fault });
        await write();
        expectSentTwice();
        expect(await isDoneOnce()).toBe(true);
      },
    );

    it('is sent once more after its confirmation failed, and done once', async () => {
      const writeConcernError = { code: 91, errmsg: 'shutting down' };
      const errorLabels = ['RetryableWriteError'];
      await server.mongod.failPoint({
        failCommands: [command],
        mode: { times: 1 },
        writeConcernError,
        errorLabels,
      });
      await write();
      expectSentTwice();
      expect(await isDoneOnce()).toBe(true);
    });

    it('is not sent a third time', async () => {
      await server.mongod.failPoint({ failCommands: [command], mode: { times: 2 }, ...LOST });
      await expect(write()).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        reason: 'connection-lost',
      });
      expectSentTwice();
      expect(await isDoneOnce()).toBe(false);
    });

    it('is done and told as not confirmed when no majority confirms it', async () => {
      const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
      await server.mongod.failPoint({ failCommands: [command], mode: { times: 1 }, writeConcernError });
      await expect(write()).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        reason: 'not-confirmed',
      });
      expect(await isDoneOnce()).toBe(true);
    });
  });

  it('replaceById is done once over a lost connection', async () => {
    await server.mongod.failPoint({ failCommands: ['findAndModify', 'update'], mode: { times: 1 }, ...LOST });
    const replaced = await repository().replaceById('one', { title: 'New' });
    expect(replaced).toMatchObject({ title: 'New', __v: 1 });
    expect(await repository().getById('one')).toEqual(replaced);
  });

  it.each<[string, command: string, () => Promise<unknown>]>([
    ['updateMany', 'update', () => repository().updateMany({ row: 1 }, { $inc: { sold: 1 } })],
    ['deleteMany', 'delete', () => repository().deleteMany({ row: 1 })],
  ])(
    '%s, which nobody could repeat safely, is sent once and told as unclear',
    async (_name, command, write) => {
      await server.mongod.failPoint({ failCommands: [command], mode: { times: 1 }, ...LOST });
      await expect(write()).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        reason: 'connection-lost',
      });
      const attempts = server.commands.filter(({ commandName }) => commandName === command);
      expect(attempts.map(({ command: { txnNumber } }) => txnNumber as unknown)).toEqual([undefined]);
      expect(await repository().count({ sold: 0 })).toBe(2);
    },
  );

  it('no write is sent again inside a transaction', async () => {
    for (const write of [
      (session: mongo.ClientSession) => repository().insert({ _id: 'new' }, { session }),
      (session: mongo.ClientSession) => repository().updateById('one', { sold: 1 }, { session }),
      (session: mongo.ClientSession) => repository().deleteById('one', { session }),
    ]) {
      server.forget();
      const session = server.connection.client.startSession();
      session.startTransaction();
      await server.mongod.failPoint({
        failCommands: ['insert', 'update', 'delete'],
        mode: { times: 1 },
        ...LOST,
      });
      await expect(write(session)).rejects.toMatchObject({ reason: 'connection-lost' });
      expect(server.sent).toHaveLength(1);
      await session.abortTransaction();
      await session.endSession();
    }
  });

  describe('what a write reports', () => {
    it('counts documents that matched, changed or not', async () => {
      expect(await repository().updateMany({ row: 1 }, { row: 1 })).toBe(2);
      expect(await repository().updateMany({ row: 9 }, { sold: 1 })).toBe(0);
      expect(await repository().updateById('one', { title: 'One' })).toBe(true);
      expect(await repository().deleteMany({ row: 9 })).toBe(0);
      expect(await repository().deleteMany({ row: 1 })).toBe(2);
    });

    it('tells an upsert that inserted from one that changed', async () => {
      expect(await repository().upsert({ _id: 'new' }, { sold: 3 })).toMatchObject({
        isInserted: true,
        document: { _id: 'new', sold: 3, title: 'none' },
      });
      expect(await repository().upsert({ _id: 'new' }, { sold: 4 })).toMatchObject({
        isInserted: false,
        document: { sold: 4, title: 'none' },
      });
    });

    it.each<[string, () => Promise<unknown>]>([
      ['insert', () => repository().insert({ _id: 'new', row: 1, seat: 1 })],
      ['updateById', () => repository().updateById('two', { seat: 1 })],
      ['findByIdAndUpdate', () => repository().findByIdAndUpdate('two', { seat: 1 })],
      ['updateMany', () => repository().updateMany({ row: 1 }, { seat: 1 })],
      ['upsert', () => repository().upsert({ _id: 'new' }, { row: 1, seat: 1 })],
      ['replaceById', () => repository().replaceById('two', { row: 1, seat: 1 })],
    ])('names the fields that are taken already: %s', async (_name, write) => {
      await expect(write()).rejects.toMatchObject({ code: 'DUPLICATE_KEY', fields: ['row', 'seat'] });
    });

    it('names the id that is taken already', async () => {
      const second = repository().insert({ _id: 'one' });
      await expect(second).rejects.toMatchObject({ code: 'DUPLICATE_KEY', fields: ['_id'] });
    });
  });
});
