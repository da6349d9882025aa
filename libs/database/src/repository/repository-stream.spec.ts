import type { FailPoint } from '../../../../test/support/mongod-server.ts';
import { TicketServer } from '../../../../test/support/ticket-server.ts';
import { waitUntil } from '../../../../test/support/wait-until.ts';

let server: TicketServer;
beforeAll(async () => {
  server = await TicketServer.start();
});
beforeEach(() => server.reset());
afterAll(() => server?.stop());

const LOST: Omit<FailPoint, 'failCommands'> = { closeConnection: true };

describe('stream', () => {
  /** The server sends so many at first, and all the others at once. */
  const FIRST_BATCH = 200;
  const TOTAL = 300;
  beforeEach(async () => {
    const tickets = Array.from({ length: TOTAL - 2 }, (_, n) => ({ _id: `many-${n}`, title: 'Many' }));
    await server.connection.db.collection<{ _id: string }>('tickets').insertMany(tickets);
    server.forget();
  });

  async function countAll(): Promise<number> {
    let count = 0;
    for await (const { _id } of server.compiled.stream({})) count += _id === '' ? 0 : 1;
    return count;
  }

  async function openCursors(): Promise<number> {
    const { metrics } = await server.mongod.command({ serverStatus: 1 });
    return Number((metrics as { cursor: { open: { total: unknown } } }).cursor.open.total);
  }

  it('asks for the next documents only when the last ones were taken', async () => {
    const stream = server.compiled.stream({});
    for (let taken = 0; taken < FIRST_BATCH; taken += 1) await stream.next();
    // Everything else that was on its way has been sent by then.
    await server.compiled.count({});
    expect(server.sent).toEqual(['find', 'aggregate']);
    await stream.next();
    expect(server.sent).toEqual(['find', 'aggregate', 'getMore']);
    await stream.return();
  });

  it('reads all of them', async () => {
    expect(await countAll()).toBe(TOTAL);
    expect(server.sent).toEqual(['find', 'getMore']);
  });

  it.each<[string, () => Promise<void>]>([
    [
      'the loop is left',
      async () => {
        for await (const ticket of server.compiled.stream({})) if (ticket) break;
      },
    ],
    [
      'the loop throws',
      async () => {
        const consume = async (): Promise<void> => {
          for await (const { _id } of server.compiled.stream({})) throw new TypeError(_id);
        };
        await expect(consume()).rejects.toThrow(TypeError);
      },
    ],
    [
      'the signal ends it',
      async () => {
        const abort = new AbortController();
        const stream = server.compiled.stream({}, { signal: abort.signal });
        await stream.next();
        abort.abort(new RangeError('enough'));
        await expect(stream.next()).rejects.toThrow(RangeError);
      },
    ],
    [
      'the next documents cannot be read',
      async () => {
        await server.mongod.failPoint({ failCommands: ['getMore'], mode: { times: 1 }, errorCode: 13 });
        await expect(countAll()).rejects.toMatchObject({
          code: 'NOT_PERMITTED',
        });
      },
    ],
  ])('frees its cursor when %s', async (_when, use) => {
    const before = await openCursors();
    await use();
    expect(await waitUntil(async () => (await openCursors()) === before)).toBe(true);
    expect(server.sent).toContain('find');
  });

  it.each<[string, Omit<FailPoint, 'failCommands'>, object]>([
    ['connection', LOST, { code: 'DATABASE_UNAVAILABLE', reason: 'connection-lost' }],
    ['primary', { errorCode: 189 }, { code: 'DATABASE_UNAVAILABLE', reason: 'no-primary' }],
    ['patience of the server', { errorCode: 50 }, { code: 'DATABASE_TIMEOUT' }],
  ])('tells in the loop when it loses its %s between two batches', async (_what, fault, expected) => {
    await server.mongod.failPoint({ failCommands: ['getMore'], mode: { times: 1 }, ...fault });
    let count = 0;
    const consume = async (): Promise<void> => {
      for await (const { _id } of server.compiled.stream({})) count += _id === '' ? 0 : 1;
    };
    await expect(consume()).rejects.toMatchObject(expected);
    // Not sent again: the server may have moved on behind what the caller has seen.
    expect([count, server.sent.filter((name) => name === 'getMore')]).toEqual([FIRST_BATCH, ['getMore']]);
  });

  it('begins again unseen when the first batch fails', async () => {
    await server.mongod.failPoint({ failCommands: ['find'], mode: { times: 1 }, ...LOST });
    expect(await countAll()).toBe(TOTAL);
  });
});
