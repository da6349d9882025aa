import { mongo } from 'mongoose';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import type { ChangeEvent } from './change-event.ts';
import type { ResumeToken } from './change-stream.error.ts';
import { watch, type WatchOptions } from './watch.ts';

interface Item extends mongo.Document {
  _id: number;
  name?: string;
  size?: number;
}

describe(watch.name, () => {
  let database: TestDatabase;
  let stopped: AbortController;
  beforeAll(async () => {
    database = await TestDatabase.start();
  });
  beforeEach(async () => {
    stopped = new AbortController();
    await database.db.createCollection('items');
  });
  afterEach(async () => {
    stopped.abort();
    await items().drop();
  });
  afterAll(() => database.stop());

  const items = () => database.db.collection<Item>('items');

  /** Reads so many events of what `act` does once the stream is open. */
  async function read(
    count: number,
    act: () => Promise<unknown>,
    options: WatchOptions = {},
  ): Promise<ChangeEvent<Item>[]> {
    const events: ChangeEvent<Item>[] = [];
    const opened = Promise.withResolvers<void>();
    const acting = opened.promise.then(act);
    const stream = watch<Item>(items, { signal: stopped.signal, onOpen: () => opened.resolve(), ...options });
    for await (const event of stream) {
      events.push(event);
      if (events.length === count) break;
    }
    await acting;
    return events;
  }

  it('tells what happened to each document, in order', async () => {
    const events = await read(5, async () => {
      await items().insertOne({ _id: 1, name: 'a', size: 1 });
      await items().updateOne({ _id: 1 }, { $set: { name: 'b' }, $unset: { size: 1 } });
      await items().replaceOne({ _id: 1 }, { name: 'c' });
      await items().deleteOne({ _id: 1 });
      await items().insertOne({ _id: 2 });
    });
    const common = { id: 1, at: expect.any(Date), resumeToken: { _data: expect.any(String) } };
    expect(events).toEqual([
      { kind: 'insert', ...common, document: { _id: 1, name: 'a', size: 1 } },
      {
        kind: 'update',
        ...common,
        document: events[1] && 'document' in events[1] ? events[1].document : undefined,
        changed: { name: 'b' },
        removed: ['size'],
        truncated: [],
      },
      { kind: 'replace', ...common, document: { _id: 1, name: 'c' } },
      { kind: 'delete', ...common },
      { kind: 'insert', ...common, id: 2, document: { _id: 2 } },
    ]);
  });

  it('brings the document with an update, and null when it is gone', async () => {
    const [, update] = await read(2, async () => {
      await items().insertOne({ _id: 1, size: 1 });
      await items().updateOne({ _id: 1 }, { $inc: { size: 1 } });
    });
    expect(update).toMatchObject({ kind: 'update', document: { _id: 1, size: 2 } });
    const [bare] = await read(1, () => items().updateOne({ _id: 1 }, { $inc: { size: 1 } }), {
      fullDocument: 'default',
    });
    expect(bare).toMatchObject({ kind: 'update', document: null, changed: { size: 3 } });
  });

  it('tells only what was asked for', async () => {
    const act = async (): Promise<void> => {
      await items().insertMany([{ _id: 1 }, { _id: 2, size: 5 }]);
      await items().deleteMany({});
    };
    const deletes = await read(2, act, { kinds: ['delete'] });
    expect(deletes.map(({ kind, id }) => [kind, id])).toEqual([
      ['delete', 1],
      ['delete', 2],
    ]);
    const pipeline = [{ $match: { 'fullDocument.size': 5 } }];
    expect(await read(1, act, { pipeline })).toMatchObject([{ kind: 'insert', id: 2 }]);
  });

  it('starts behind a token of an earlier stream, without a gap', async () => {
    const [first] = await read(1, () => items().insertMany([{ _id: 1 }, { _id: 2 }]));
    await items().insertOne({ _id: 3 });
    const startAfter = JSON.parse(JSON.stringify(first?.resumeToken)) as ResumeToken;
    const rest = await read(2, async () => {}, { startAfter });
    expect(rest.map(({ id }) => id)).toEqual([2, 3]);
  });

  it('starts behind the token that it was opened with', async () => {
    let startAfter: ResumeToken | undefined;
    const opened = new AbortController();
    const onOpen = (token: ResumeToken): void => {
      startAfter = token;
      opened.abort();
    };
    for await (const _event of watch<Item>(items, { signal: opened.signal, onOpen })) break;
    await items().insertOne({ _id: 1 });
    expect(startAfter).toBeDefined();
    expect(await read(1, async () => {}, { ...(startAfter && { startAfter }) })).toMatchObject([{ id: 1 }]);
  });

  describe('frees the cursor on the server', () => {
    async function openCursors(): Promise<number> {
      const admin = database.db.admin();
      const pipeline = [
        { $currentOp: { idleCursors: true, allUsers: true } },
        { $match: { ns: items().namespace, 'cursor.tailable': true } },
      ];
      const found = await admin.command({ aggregate: 1, pipeline, cursor: {} });
      return (found.cursor.firstBatch as unknown[]).length;
    }

    it('when the loop is left', async () => {
      const events = await read(1, async () => {
        // Between two waits of the stream it is in neither list.
        expect(await waitUntil(async () => (await openCursors()) === 1)).toBe(true);
        await items().insertOne({ _id: 1 });
      });
      expect(events).toHaveLength(1);
      expect(await openCursors()).toBe(0);
    });

    it('when the consumer throws', async () => {
      const consume = async (): Promise<void> => {
        const onOpen = (): void => void items().insertOne({ _id: 1 });
        for await (const event of watch<Item>(items, { onOpen })) throw new Error(event.kind);
      };
      await expect(consume()).rejects.toThrow('insert');
      expect(await openCursors()).toBe(0);
    });

    it('with the signal, and ends without an error', async () => {
      const opened = Promise.withResolvers<void>();
      const { signal } = stopped;
      const ended = (async () => {
        for await (const _event of watch<Item>(items, { signal, onOpen: () => opened.resolve() })) break;
      })();
      await opened.promise;
      stopped.abort();
      await ended;
      expect(await waitUntil(async () => (await openCursors()) === 0)).toBe(true);
    });
  });

  it('reads nothing when the signal is aborted before', async () => {
    stopped.abort();
    const stream = watch<Item>(() => Promise.reject(new Error('not asked')) as never, {
      signal: stopped.signal,
    });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  describe('says why it cannot go on', () => {
    it.each([
      ['dropped', () => items().drop()],
      ['renamed', () => items().rename('others', { dropTarget: true })],
    ])('%s', async (reason, act) => {
      const reading = read(2, async () => {
        await items().insertOne({ _id: 1 });
        await act();
      });
      const error = await reading.catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'CHANGE_STREAM_LOST', reason, resumeToken: expect.anything() });
      const { resumeToken } = error as { resumeToken: ResumeToken };
      const next = await read(1, () => items().insertOne({ _id: 7 }), { startAfter: resumeToken });
      expect(next).toMatchObject([{ kind: 'insert', id: 7 }]);
    });

    it('dropped, also when only some changes are asked for', async () => {
      const reading = read(1, () => items().drop(), { kinds: ['delete'] });
      await expect(reading).rejects.toMatchObject({ reason: 'dropped' });
      const blind = [{ $match: { operationType: 'insert' } }];
      await database.db.createCollection('items');
      const inBlindness = read(1, () => items().drop(), { pipeline: blind });
      await expect(inBlindness).rejects.toMatchObject({ code: 'CHANGE_STREAM_LOST', reason: 'invalidated' });
      await database.db.createCollection('items');
    });

    it.each([
      ['token-invalid', { _data: 'no token' }],
      ['token-invalid', { data: 'no token' }],
    ])('%s', async (reason, token) => {
      const reading = read(1, async () => {}, { startAfter: token as ResumeToken });
      await expect(reading).rejects.toMatchObject({ code: 'CHANGE_STREAM_LOST', reason });
    });

    it('with the error of the server when the pipeline is wrong', async () => {
      const reading = read(1, async () => {}, { pipeline: [{ $nope: 1 }] });
      await expect(reading).rejects.toBeInstanceOf(mongo.MongoServerError);
    });
  });
});
