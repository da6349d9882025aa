import { mongo, Mongoose, Schema } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DocumentInvalidError, DuplicateKeyError } from '../errors/database.error.ts';
import { ModelPlan } from '../repository/model-plan.ts';
import { toDriverOptions } from '../repository/operation-options.ts';
import type { BulkTarget } from './bulk-target.ts';
import { BulkWriteError } from './bulk-write.error.ts';
import { compiledTarget } from './compiled-target.ts';
import { insertMany } from './insert-many.ts';

interface Person {
  _id: number;
  name: string;
  extra?: unknown;
}
const schema = new Schema<Person>({ _id: Number, name: { type: String, required: true }, extra: {} });
new Mongoose({ autoCreate: false, autoIndex: false }).model('Person', schema);
const plan = new ModelPlan(schema);

const person = (id: number): Person => ({ _id: id, name: `Name ${id}` });
const people = (count: number, first = 0): Person[] =>
  Array.from({ length: count }, (_, position) => person(first + position));
const nested = (depth: number): object => {
  let value: object = { end: true };
  for (let level = 0; level < depth; level += 1) value = { value };
  return value;
};

describe(insertMany.name, () => {
  let database: TestDatabase;
  let target: BulkTarget;
  let client: mongo.MongoClient;
  /** How many documents each insert command brought, and its size. */
  const commands: { documents: number; comment: unknown; maxTimeMS: unknown }[] = [];

  /** Insert commands that have had no answer yet, and the most of them at one time. */
  let atOnce = 0;
  let mostAtOnce = 0;

  beforeAll(async () => {
    database = await TestDatabase.start();
    client = await new mongo.MongoClient(database.uri, { monitorCommands: true }).connect();
    client.on('commandStarted', ({ commandName, command }) => {
      if (commandName !== 'insert') return;
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      const { documents, comment, maxTimeMS } = command as Record<string, unknown>;
      commands.push({ documents: (documents as unknown[]).length, comment, maxTimeMS });
    });
    const answered = ({ commandName }: { commandName: string }): void => {
      if (commandName === 'insert') atOnce -= 1;
    };
    client.on('commandSucceeded', answered).on('commandFailed', answered);
    if (!plan.writer) throw new Error('This schema can be compiled');
    target = compiledTarget(plan, plan.writer, {
      collection: () => client.db().collection('people'),
      driverOptions: (options) => toDriverOptions(options, 10_000),
    });
  });
  beforeEach(() => {
    commands.length = 0;
  });
  afterEach(() => database.clear());
  afterAll(async () => {
    await client.close();
    await database.stop();
  });

  const collection = () => database.db.collection<Person>('people');
  const storedIds = async () => (await collection().find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
  const range = (count: number) => Array.from({ length: count }, (_, index) => index);

  async function failureOf(write: Promise<unknown>): Promise<BulkWriteError> {
    const error = await write.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(BulkWriteError);
    return error as BulkWriteError;
  }

  it('stores what it is given, leaves the input alone and reports the ids', async () => {
    const documents = people(3).map((one) => Object.freeze(one));
    const report = await insertMany(target, documents);
    expect(report).toMatchObject({ read: 3, inserted: 3, failed: 0, errors: [], unconfirmed: [] });
    expect([...report.insertedIds]).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(await collection().find().toArray()).toEqual(documents.map((one) => ({ ...one, __v: 0 })));
  });

  it('of nothing sends nothing', async () => {
    expect(await insertMany(target, [])).toMatchObject({ read: 0, inserted: 0 });
    expect(commands).toEqual([]);
  });

  it('sends commands of 2,500, each with the limit and the comment of the call', async () => {
    await insertMany(target, people(6_000), { maxTimeMs: 4_321, comment: 'import' });
    const limits = { maxTimeMS: 4_321, comment: 'import' };
    expect(commands).toEqual([2_500, 2_500, 1_000].map((documents) => ({ documents, ...limits })));
  });

  it('sends smaller commands of large documents, and never more than a server takes', async () => {
    const sizes = [3, 3, 3, 7, 15.9, 1, 1];
    const large = sizes.map((size, id) => ({ ...person(id), extra: 'x'.repeat(size * 1_048_576) }));
    expect(await insertMany(target, large)).toMatchObject({ inserted: 7 });
    expect(commands.map(({ documents }) => documents)).toEqual([3, 1, 1, 2]);
  });

  it('finds the one that is refused among large documents', async () => {
    const deep = { ...person(1), extra: [nested(250), 'x'.repeat(10 * 1_048_576)] };
    const documents = [{ ...person(0), extra: 'x'.repeat(7 * 1_048_576) }, deep, person(2)];
    const report = await insertMany(target, documents, { ordered: false });
    expect(report).toMatchObject({ inserted: 2, failed: 1, errors: [{ index: 1 }] });
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %p as a chunk size', async (chunkSize) => {
    await expect(insertMany(target, people(1), { chunkSize })).rejects.toThrow(RangeError);
  });

  describe('in order', () => {
    it('stops at the first duplicate, with what is before it stored', async () => {
      await collection().insertOne(person(3_500));
      const error = await failureOf(insertMany(target, people(6_000)));
      expect(error).toMatchObject({
        code: 'DUPLICATE_KEY',
        message: 'Item 3500 was refused: Another document already has this _id',
        cause: { code: 'DUPLICATE_KEY', fields: ['_id'] },
        report: { inserted: 3_500, failed: 1, unconfirmed: [] },
      });
      expect(error.report.errors).toEqual([{ index: 3_500, error: error.cause }]);
      expect(error.report.insertedIds.size).toBe(3_500);
      expect(await storedIds()).toEqual(range(3_501));
    });

    const strange: Record<string, [string, unknown]> = {
      'breaks the schema': ['name is required', { _id: 500 }],
      'is no object': ['it must be an object', 'text'],
      'is null': ['it must be an object', null],
      'has a key that BSON does not take': [
        'it cannot be stored as BSON',
        { ...person(500), extra: { 'a\0b': 1 } },
      ],
      'is over 16 MiB': [
        'it is too large or nested too deeply',
        { ...person(500), extra: 'x'.repeat(16.5 * 1_048_576) },
      ],
      'is nested too deeply for the server': [
        'it is too large or nested too deeply',
        { ...person(500), extra: nested(250) },
      ],
    };
    describe.each(Object.entries(strange))('a document that %s', (_, [message, document]) => {
      const documents = people(1_200).with(500, document as Person);

      it('ends it, with what is before it stored', async () => {
        const error = await failureOf(insertMany(target, documents));
        expect(error).toMatchObject({
          code: 'DOCUMENT_INVALID',
          message: `Item 500 was refused: The document is not valid: ${message}`,
          report: { inserted: 500, failed: 1 },
        });
        expect(await storedIds()).toEqual(range(500));
      });

      it('is left out when unordered', async () => {
        const report = await insertMany(target, documents, { ordered: false });
        expect(report).toMatchObject({ read: 1_200, inserted: 1_199, failed: 1 });
        expect(report.errors).toEqual([{ index: 500, error: expect.any(DocumentInvalidError) }]);
        expect(await collection().countDocuments()).toBe(1_199);
      });
    });

    it('tells the first problem of the input, not the first to be found', async () => {
      await collection().insertOne(person(3));
      const documents = people(10).with(6, {} as Person);
      const error = await failureOf(insertMany(target, documents));
      expect(error).toMatchObject({ code: 'DUPLICATE_KEY', report: { errors: [{ index: 3 }] } });
    });
  });

  describe('unordered', () => {
    it('reports each refusal by its place in the input', async () => {
      await database.db.collection('people').createIndex({ name: 1 }, { unique: true });
      await collection().insertMany([person(4), { _id: 99, name: 'Name 7' }]);
      const documents = people(10).with(2, {} as Person);
      const report = await insertMany(target, documents, { ordered: false, chunkSize: 3 });
      expect(report).toMatchObject({ read: 10, inserted: 7, failed: 3 });
      const byIndex = report.errors.toSorted((a, b) => a.index - b.index);
      expect(byIndex).toEqual([
        { index: 2, error: expect.any(DocumentInvalidError) },
        { index: 4, error: expect.objectContaining({ fields: ['_id'] }) },
        { index: 7, error: expect.objectContaining({ fields: ['name'] }) },
      ]);
      expect([...report.insertedIds.keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 3, 5, 6, 8, 9]);
      await database.db.collection('people').dropIndex('name_1');
    });

    it('counts all refusals and keeps the first 1,000', async () => {
      await insertMany(target, people(1_200));
      const report = await insertMany(target, people(2_500), { ordered: false });
      expect(report).toMatchObject({ inserted: 1_300, failed: 1_200 });
      expect(report.errors).toHaveLength(1_000);
      expect(report.errors[0]?.error).toBeInstanceOf(DuplicateKeyError);
    });

    it('names what the validator of the collection refuses', async () => {
      await database.db.command({ collMod: 'people', validator: { name: { $ne: 'Name 2' } } });
      const report = await insertMany(target, people(4), { ordered: false });
      expect(report).toMatchObject({
        inserted: 3,
        errors: [{ index: 2, error: { code: 'DOCUMENT_INVALID' } }],
      });
      await database.db.command({ collMod: 'people', validator: {} });
    });

    it('throws in a transaction, where the first refusal undoes all', async () => {
      await collection().insertOne(person(2));
      await using session = client.startSession();
      session.startTransaction();
      const write = insertMany(target, people(5), { ordered: false, session });
      expect(await failureOf(write)).toMatchObject({ code: 'DUPLICATE_KEY', report: { failed: 1 } });
      await session.abortTransaction();
      expect(await storedIds()).toEqual([2]);
    });

    it('takes one command after the other in a session', async () => {
      await using session = client.startSession();
      mostAtOnce = 0;
      await insertMany(target, people(60), { ordered: false, chunkSize: 3, session });
      expect(mostAtOnce).toBe(1);
      expect(await storedIds()).toEqual(range(60));
    });

    it('has two commands on their way without one', async () => {
      mostAtOnce = 0;
      await insertMany(target, people(2_000), { ordered: false, chunkSize: 100 });
      expect(mostAtOnce).toBe(2);
    });

    it('is there when the transaction is committed', async () => {
      await using session = client.startSession();
      session.startTransaction();
      await insertMany(target, people(20), { ordered: false, chunkSize: 3, session });
      expect(await storedIds()).toEqual([]);
      await session.commitTransaction();
      expect(await storedIds()).toEqual(range(20));
    });
  });

  it('does not take a mistake in the code for a refusal', async () => {
    const prepare = (): never => {
      throw new TypeError('A mistake');
    };
    for (const ordered of [true, false]) {
      const error = await failureOf(insertMany({ ...target, prepare }, people(3), { ordered }));
      expect(error).toMatchObject({
        cause: { message: 'A mistake' },
        report: { failed: 0, unconfirmed: [] },
      });
    }
  });
});
