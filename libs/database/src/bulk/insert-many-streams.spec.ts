import { mongo, Mongoose, Schema } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { ModelPlan } from '../repository/model-plan.ts';
import { toDriverOptions } from '../repository/operation-options.ts';
import type { BulkTarget } from './bulk-target.ts';
import { BulkWriteError } from './bulk-write.error.ts';
import { compiledTarget } from './compiled-target.ts';
import { insertMany, type InsertTarget } from './insert-many.ts';

interface Person {
  _id: number;
  name: string;
}
const schema = new Schema<Person>({ _id: Number, name: { type: String, required: true } });
new Mongoose({ autoCreate: false, autoIndex: false }).model('Person', schema);
const plan = new ModelPlan(schema);

const person = (id: number): Person => ({ _id: id, name: `Name ${id}` });
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const people = (count: number, first = 0): Person[] => range(count).map((index) => person(first + index));

let database: TestDatabase;
let target: BulkTarget;
let client: mongo.MongoClient;
let insertCommands = 0;

beforeAll(async () => {
  database = await TestDatabase.start();
  client = await new mongo.MongoClient(database.uri, { monitorCommands: true }).connect();
  client.on('commandStarted', ({ commandName }) => {
    if (commandName === 'insert') insertCommands += 1;
  });
  if (!plan.writer) throw new Error('This schema can be compiled');
  target = compiledTarget(plan, plan.writer, {
    collection: () => client.db().collection('people'),
    driverOptions: (options) => toDriverOptions(options, 10_000),
  });
});
beforeEach(() => {
  insertCommands = 0;
});
afterEach(() => database.clear());
afterAll(async () => {
  await client.close();
  await database.stop();
});

const collection = () => database.db.collection<Person>('people');
const storedIds = async () => (await collection().find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id);

async function failureOf(write: Promise<unknown>): Promise<BulkWriteError> {
  const error = await write.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BulkWriteError);
  return error as BulkWriteError;
}

describe('a stream', () => {
  /** Gives out `count` people, and notes how far it is ahead of what is stored. */
  function source(count: number, { failAt = Infinity } = {}) {
    const state = { given: 0, isClosed: false };
    async function* generate(): AsyncGenerator<Person> {
      try {
        for (; state.given < count; state.given += 1) {
          if (state.given === failAt) throw new Error('Line is no JSON');
          yield person(state.given);
        }
      } finally {
        state.isClosed = true;
      }
    }
    return { state, documents: generate() };
  }

  it.each([
    { ordered: true, commandsAhead: 2 },
    { ordered: false, commandsAhead: 3 },
  ])('reads no more ahead than $commandsAhead commands: ordered $ordered', async (example) => {
    const { ordered, commandsAhead } = example;
    const { state, documents } = source(200);
    const ahead: number[] = [];
    const onProgress = ({ inserted }: { inserted: number }): void => {
      ahead.push(state.given + 1 - inserted);
    };
    const report = await insertMany(target, documents, { ordered, chunkSize: 10, onProgress });
    expect(report).toMatchObject({ read: 200, inserted: 200 });
    expect(report.insertedIds.size).toBe(0);
    expect(ahead).toHaveLength(20);
    expect(Math.max(...ahead)).toBeLessThanOrEqual(commandsAhead * 10 + 1);
    expect(state.isClosed).toBe(true);
  });

  it('keeps the ids when asked to', async () => {
    const { documents } = source(5);
    const { insertedIds } = await insertMany(target, documents, { keepIds: true });
    expect([...insertedIds.values()]).toEqual(range(5));
  });

  it('closes it after a refusal', async () => {
    await collection().insertOne(person(12));
    const { state, documents } = source(1_000);
    await failureOf(insertMany(target, documents, { chunkSize: 10 }));
    expect(state.isClosed).toBe(true);
    expect(state.given).toBeLessThan(50);
  });

  it.each([true, false])('that throws carries the report: ordered %p', async (ordered) => {
    const { documents } = source(100, { failAt: 25 });
    const error = await failureOf(insertMany(target, documents, { ordered, chunkSize: 10 }));
    expect(error).toMatchObject({
      code: 'BULK_WRITE_INTERRUPTED',
      message: 'The bulk write was interrupted after 25 items',
      cause: { message: 'Line is no JSON' },
      report: { read: 25, inserted: 20, failed: 0, unconfirmed: [] },
    });
    expect(await storedIds()).toEqual(range(20));
  });

  it('stops when the progress throws', async () => {
    const { state, documents } = source(1_000);
    const onProgress = (): void => {
      throw new TypeError('No terminal');
    };
    const error = await failureOf(insertMany(target, documents, { chunkSize: 10, onProgress }));
    expect(error).toMatchObject({ cause: { message: 'No terminal' }, report: { inserted: 10 } });
    expect(state.isClosed).toBe(true);
  });

  it('ends with the signal while it waits for the input', async () => {
    const controller = new AbortController();
    const never = Promise.withResolvers<void>();
    let isClosed = false;
    async function* stall(): AsyncGenerator<Person> {
      try {
        yield* people(10);
        yield* people(5, 10);
        await never.promise;
        yield person(15);
      } finally {
        isClosed = true;
      }
    }
    const { signal } = controller;
    const onProgress = (): void => controller.abort(new Error('The client has gone'));
    const error = await failureOf(insertMany(target, stall(), { chunkSize: 10, signal, onProgress }));
    expect(error).toMatchObject({
      cause: { message: 'The client has gone' },
      report: { read: 15, inserted: 10 },
    });
    never.resolve();
    await new Promise(setImmediate);
    expect([isClosed, error.report.read]).toEqual([true, 15]);
  });

  it('is not begun after the signal', async () => {
    const reason = new Error('Too late');
    const { state, documents } = source(10);
    const error = await failureOf(insertMany(target, documents, { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ cause: reason, report: { read: 0 } });
    expect([state.given, insertCommands]).toEqual([0, 0]);
  });
});

describe('documents that Mongoose saves', () => {
  const saved: InsertTarget['save'] = async (input, options) => {
    const document = target.prepare(input);
    await client.db().collection('people').insertOne(document, options);
    return document;
  };

  it('saves one by one, with the same report', async () => {
    await collection().insertOne(person(3));
    const through = { ...target, save: saved };
    const documents = people(6).with(1, {} as Person);
    const report = await insertMany(through, documents, { ordered: false });
    expect(report).toMatchObject({ inserted: 4, failed: 2 });
    expect(report.errors.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([1, 3]);
    expect([...report.insertedIds.values()].toSorted((a, b) => Number(a) - Number(b))).toEqual([0, 2, 4, 5]);
    await collection().deleteMany({ _id: { $ne: 3 } });
    expect(await failureOf(insertMany(through, people(6)))).toMatchObject({
      code: 'DUPLICATE_KEY',
      report: { inserted: 3, errors: [{ index: 3 }] },
    });
    expect(await storedIds()).toEqual(range(4));
  });

  it('ends at an error of the middleware', async () => {
    const save = async (): Promise<never> => {
      throw new TypeError('A mistake');
    };
    const write = insertMany({ ...target, save }, people(3), { ordered: false });
    expect(await failureOf(write)).toMatchObject({
      cause: { message: 'A mistake' },
      report: { inserted: 0 },
    });
  });
});
