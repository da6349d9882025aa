import type { mongo } from 'mongoose';
import type { FailPoint } from '../../../../test/support/mongod-server.ts';
import { TicketServer } from '../../../../test/support/ticket-server.ts';

let server: TicketServer;
beforeAll(async () => {
  server = await TicketServer.start();
});
beforeEach(() => server.reset());
afterAll(() => server?.stop());

const EVERY_READ = ['find', 'aggregate', 'distinct', 'count'];
const LOST: Omit<FailPoint, 'failCommands'> = { closeConnection: true };

describe.each<[string, command: string, () => Promise<unknown>]>([
  ['findById', 'find', () => server.compiled.findById('one')],
  ['findOne', 'find', () => server.compiled.findOne({ title: 'One' })],
  ['find', 'find', () => server.compiled.find({ title: 'One' })],
  ['findPage', 'find', () => server.compiled.findPage({ title: 'One' })],
  ['exists', 'find', () => server.compiled.exists({ title: 'One' })],
  ['count', 'aggregate', () => server.compiled.count({ title: 'One' })],
  ['distinct', 'distinct', () => server.compiled.distinct('title', {})],
  ['estimatedCount', 'count', () => server.compiled.estimatedCount()],
  ['aggregate', 'aggregate', () => server.compiled.titles()],
])('the read %s', (_name, command, read) => {
  it('is sent once more after a lost connection, unseen by the caller', async () => {
    const expected = await read();
    server.forget();
    await server.mongod.failPoint({ failCommands: EVERY_READ, mode: { times: 1 }, ...LOST });
    expect(await read()).toEqual(expected);
    expect(server.sent).toEqual([command, command]);
  });

  it('is sent once more after an error that passes, and no more', async () => {
    await server.mongod.failPoint({ failCommands: EVERY_READ, mode: { times: 2 }, errorCode: 262 });
    await expect(read()).rejects.toMatchObject({ code: 'DATABASE_TIMEOUT' });
    expect(server.sent).toEqual([command, command]);
    await server.mongod.failPoint({ failCommands: EVERY_READ, mode: { times: 1 }, errorCode: 262 });
    await read();
  });

  it('outlives connections that are lost again and again for a moment', async () => {
    await server.mongod.failPoint({ failCommands: EVERY_READ, mode: { times: 5 }, ...LOST });
    await read();
    expect(server.sent).toEqual(Array.from({ length: 6 }, () => command));
  });

  it('is not sent again after an error that stays', async () => {
    await server.mongod.failPoint({ failCommands: EVERY_READ, errorCode: 13 });
    await expect(read()).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    expect(server.sent).toEqual([command]);
  });
});

it.each<[string, Omit<FailPoint, 'failCommands'>]>([
  ['a lost connection', LOST],
  ['a step-down', { errorCode: 189 }],
])('no read is sent again inside a transaction: %s', async (_fault, failPoint) => {
  const { compiled, connection } = server;
  for (const read of [
    (session: mongo.ClientSession) => compiled.findById('one', { session }),
    (session: mongo.ClientSession) => compiled.find({ title: 'One' }, { session }),
    (session: mongo.ClientSession) => compiled.findPage({ title: 'One' }, { session }),
    (session: mongo.ClientSession) => compiled.count({ title: 'One' }, { session }),
    (session: mongo.ClientSession) => compiled.distinct('title', {}, { session }),
  ]) {
    server.forget();
    const session = connection.client.startSession();
    session.startTransaction();
    await server.mongod.failPoint({ failCommands: EVERY_READ, mode: { times: 1 }, ...failPoint });
    await expect(read(session)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(server.sent).toHaveLength(1);
    await session.abortTransaction();
    await session.endSession();
  }
});

it.each([50, 13])(
  'reads that were joined fail together, and are not asked for one by one: code %d',
  async (errorCode) => {
    await server.mongod.failPoint({ failCommands: ['find'], errorCode });
    const reads = Array.from({ length: 50 }, async (_, n) => server.compiled.findById(`none ${n}`));
    const failed = await Promise.allSettled(reads);
    expect(failed.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 'rejected'));
    expect(server.sent).toEqual(['find']);
  },
);

it('a read fails when connections are lost for longer', async () => {
  await server.mongod.failPoint({ failCommands: EVERY_READ, ...LOST });
  const read = server.compiled.find({ title: 'One' });
  await expect(read).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', reason: 'connection-lost' });
});

it.each([6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436])(
  'a read is sent once more after code %d',
  async (errorCode) => {
    await server.mongod.failPoint({ failCommands: ['find'], mode: { times: 1 }, errorCode });
    expect(await server.compiled.find({ title: 'One' })).toHaveLength(1);
    expect(server.sent).toEqual(['find', 'find']);
  },
);
