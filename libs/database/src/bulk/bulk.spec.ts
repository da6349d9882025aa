import { mongo, Mongoose, Schema, trusted } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { ModelPlan } from '../repository/model-plan.ts';
import { toDriverOptions } from '../repository/operation-options.ts';
import type { BulkOperation } from './bulk-operation.ts';
import type { BulkOptions } from './bulk-run.ts';
import type { BulkTarget } from './bulk-target.ts';
import { BulkWriteError } from './bulk-write.error.ts';
import { bulk } from './bulk.ts';
import { compiledTarget } from './compiled-target.ts';

interface Contact {
  _id: number;
  email: string;
  visits: number;
  country?: string;
  scores: number[];
}
const schema = new Schema<Contact>(
  {
    _id: Number,
    email: { type: String, lowercase: true, required: true },
    visits: { type: Number, default: 0, min: 0 },
    country: { type: String, immutable: true },
    scores: [Number],
  },
  { timestamps: true },
);
interface Note {
  _id: number;
  text: string;
  deletedAt?: Date;
}
const softSchema = new Schema<Note>({
  _id: Number,
  text: { type: String, required: true },
  deletedAt: { type: Date, softDelete: true },
});
const models = new Mongoose({ autoCreate: false, autoIndex: false });
models.model('Contact', schema);
models.model('Note', softSchema);

let database: TestDatabase;
let client: mongo.MongoClient;
let contacts: BulkTarget;
let notes: BulkTarget;
const commands: string[] = [];

function targetOf(source: Schema, collection: string): BulkTarget {
  const plan = new ModelPlan(source);
  if (!plan.writer) throw new Error('This schema can be compiled');
  return compiledTarget(plan, plan.writer, {
    collection: () => client.db().collection(collection),
    driverOptions: (options) => toDriverOptions(options, 10_000),
  });
}

beforeAll(async () => {
  database = await TestDatabase.start();
  client = await new mongo.MongoClient(database.uri, { monitorCommands: true }).connect();
  client.on('commandStarted', ({ commandName }) => {
    if (['insert', 'update', 'delete'].includes(commandName)) commands.push(commandName);
  });
  contacts = targetOf(schema as Schema, 'contacts');
  notes = targetOf(softSchema as Schema, 'notes');
});
beforeEach(async () => {
  await write(
    [1, 2, 3].map((_id) => ({ insert: { _id, email: `${_id}@example.org`, country: 'FR', scores: [1, 9] } })),
  );
  commands.length = 0;
});
afterEach(() => database.clear());
afterAll(async () => {
  await client.close();
  await database.stop();
});

const write = (operations: BulkOperation<Contact>[], options: BulkOptions = {}) =>
  bulk<Contact>(contacts, operations, options);
const stored = (_id: number) => database.db.collection<Contact>('contacts').findOne({ _id });

async function failureOf(run: Promise<unknown>): Promise<BulkWriteError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BulkWriteError);
  return error as BulkWriteError;
}

describe(bulk.name, () => {
  it('does each kind of operation as the repository does it, and counts', async () => {
    const before = await stored(2);
    const report = await write([
      { insert: { _id: 4, email: 'FOUR@example.org' } },
      { update: { filter: { _id: 1 }, update: { email: 'ONE@example.org', $inc: { visits: 2 } } } },
      { update: { filter: { _id: 9 }, update: { visits: 1 } } },
      { update: { filter: { _id: 8 }, update: { email: 'EIGHT@example.org' }, upsert: true } },
      { replace: { id: 2, document: { email: 'TWO@example.org' } } },
      { update: { filter: { visits: 0 }, update: { visits: 5 }, many: true } },
      { delete: { filter: { _id: 3 } } },
    ]);
    const counts = { read: 7, inserted: 1, matched: 6, modified: 6, upserted: 1, deleted: 1, failed: 0 };
    expect(report).toMatchObject(counts);
    expect([...report.insertedIds, ...report.upsertedIds]).toEqual([
      [0, 4],
      [3, 8],
    ]);
    expect(await stored(1)).toMatchObject({ email: 'one@example.org', visits: 2, __v: 1 });
    expect(await stored(2)).toMatchObject({ email: 'two@example.org', country: 'FR', visits: 5, __v: 2 });
    expect((await stored(2))?.scores).toEqual([]);
    expect(await stored(2)).toHaveProperty('createdAt', (before as unknown as { createdAt: Date }).createdAt);
    expect(await stored(3)).toBeNull();
    expect(await stored(8)).toMatchObject({
      email: 'eight@example.org',
      visits: 5,
      createdAt: expect.any(Date),
    });
  });

  it('sends those of one kind together: in order as they come, otherwise all', async () => {
    const operations: BulkOperation<Contact>[] = [10, 11, 12, 13].flatMap((_id) => [
      { insert: { _id, email: 'a@example.org' } },
      { update: { filter: { _id: 20 + _id }, update: { email: 'b@example.org' }, upsert: true } },
    ]);
    const { upsertedIds } = await write(operations, { ordered: false });
    expect(commands).toEqual(['insert', 'update']);
    expect([...upsertedIds]).toEqual([
      [1, 30],
      [3, 31],
      [5, 32],
      [7, 33],
    ]);
    await database.clear();
    commands.length = 0;
    await write(operations.slice(0, 4));
    expect(commands).toEqual(['insert', 'update', 'insert', 'update']);
  });

  it('changes all documents when told to', async () => {
    const report = await write([
      { update: { filter: {}, update: { visits: 4 }, many: true, all: true } },
      { delete: { filter: {}, many: true, all: true } },
    ]);
    expect(report).toMatchObject({ matched: 3, modified: 3, deleted: 3 });
  });

  it('takes array filters', async () => {
    const arrayFilters = [{ low: trusted({ $lt: 5 }) }];
    await write([{ update: { filter: { _id: 1 }, update: { 'scores.$[low]': 0 }, arrayFilters } }]);
    expect((await stored(1))?.scores).toEqual([0, 9]);
  });

  it('reports what the server refuses by its place, in commands of several kinds', async () => {
    const report = await write(
      [
        { insert: { _id: 5, email: 'a@example.org' } },
        { update: { filter: { _id: 1 }, update: { visits: 1 } } },
        { insert: { _id: 2, email: 'a@example.org' } },
        { delete: { filter: { _id: 3 } } },
        { insert: { _id: 6, email: 'a@example.org' } },
      ],
      { ordered: false },
    );
    expect(report).toMatchObject({ inserted: 2, matched: 1, deleted: 1, failed: 1 });
    expect(report.errors).toMatchObject([{ index: 2, error: { code: 'DUPLICATE_KEY' } }]);
  });

  describe('with a version', () => {
    const conditional = (_id: number, expectedVersion: number): BulkOperation<Contact>[] => [
      { update: { filter: { _id }, update: { visits: 3 }, expectedVersion } },
      { replace: { id: _id, document: { email: 'new@example.org' }, expectedVersion: expectedVersion + 1 } },
      { delete: { filter: { _id }, expectedVersion: expectedVersion + 2 } },
    ];

    it('does what still has it', async () => {
      expect(await write(conditional(1, 0))).toMatchObject({
        matched: 2,
        modified: 2,
        deleted: 1,
        failed: 0,
      });
    });

    it('refuses what has changed since', async () => {
      const report = await write(conditional(1, 7), { ordered: false });
      expect(report).toMatchObject({ matched: 0, deleted: 0, failed: 3 });
      expect(report.errors.map(({ error }) => (error as { code?: string }).code)).toEqual(
        Array.from({ length: 3 }, () => 'VERSION_CONFLICT'),
      );
      const error = await failureOf(write([...conditional(1, 7), { delete: { filter: { _id: 2 } } }]));
      expect(error).toMatchObject({
        code: 'VERSION_CONFLICT',
        report: { read: expect.any(Number), deleted: 0 },
      });
    });

    it('passes over what is not there', async () => {
      expect(await write(conditional(77, 0))).toMatchObject({ matched: 0, deleted: 0, failed: 0 });
    });

    it('keeps its place among the others', async () => {
      await write([
        { update: { filter: { _id: 1 }, update: { visits: 1 } } },
        { update: { filter: { _id: 1 }, update: { visits: 2 }, expectedVersion: 1 } },
        { update: { filter: { _id: 1 }, update: { visits: 3 } } },
      ]);
      expect(await stored(1)).toMatchObject({ visits: 3, __v: 3 });
    });
  });

  it('deletes softly where the schema does', async () => {
    await bulk<Note>(
      notes,
      [1, 2, 3, 4].map((_id) => ({ insert: { _id, text: 'note' } })),
    );
    const report = await bulk<Note>(notes, [
      { delete: { filter: { _id: 1 } } },
      { delete: { filter: { _id: 1 } } },
      { delete: { filter: { _id: 2 }, expectedVersion: 0 } },
      { update: { filter: { _id: 1 }, update: { text: 'unseen' } } },
      { update: { filter: { _id: 1 }, update: { text: 'seen' }, withDeleted: true } },
      { delete: { filter: { _id: 3 }, permanently: true } },
      { delete: { filter: { text: 'note' }, many: true } },
    ]);
    expect(report).toMatchObject({ deleted: 4, matched: 1, failed: 0 });
    const left = await database.db.collection<Note>('notes').find().sort({ _id: 1 }).toArray();
    expect(left).toMatchObject([
      { _id: 1, text: 'seen', deletedAt: expect.any(Date) },
      { _id: 2, deletedAt: expect.any(Date) },
      { _id: 4, deletedAt: expect.any(Date) },
    ]);
  });
});
