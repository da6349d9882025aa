import fc from 'fast-check';
import { Mongoose, Schema } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { ModelPlan } from '../repository/model-plan.ts';
import { toDriverOptions } from '../repository/operation-options.ts';
import type { BulkReport } from './bulk-report.ts';
import type { BulkTarget } from './bulk-target.ts';
import { BulkWriteError } from './bulk-write.error.ts';
import { bulk } from './bulk.ts';
import type { BulkOperation } from './bulk-operation.ts';
import { compiledTarget } from './compiled-target.ts';
import { insertMany } from './insert-many.ts';

interface Item {
  _id: number;
  amount: number;
}
const schema = new Schema<Item>({ _id: Number, amount: { type: Number, required: true, min: 0 } });
new Mongoose({ autoCreate: false, autoIndex: false }).model('Item', schema);
const plan = new ModelPlan(schema);

let database: TestDatabase;
let target: BulkTarget;
beforeAll(async () => {
  database = await TestDatabase.start();
  if (!plan.writer) throw new Error('This schema can be compiled');
  target = compiledTarget(plan, plan.writer, {
    collection: () => database.db.collection('items'),
    driverOptions: (options) => toDriverOptions(options, 10_000),
  });
});
afterAll(() => database.stop());

const items = () => database.db.collection<Item>('items');
const amounts = async () => new Map((await items().find().toArray()).map(({ _id, amount }) => [_id, amount]));

async function reset(ids: readonly number[]): Promise<void> {
  await items().deleteMany({});
  if (ids.length > 0) await items().insertMany(ids.map((_id) => ({ _id, amount: 0, __v: 0 })));
}

/** @returns The report, of the error where one was thrown */
async function reportOf(write: Promise<BulkReport>): Promise<BulkReport> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof BulkWriteError) return error.report;
    throw error;
  }
}

const failedIndexes = ({ errors }: BulkReport) => errors.map(({ index }) => index).toSorted((a, b) => a - b);
const id = fc.integer({ min: 0, max: 12 });
/** A negative amount is refused by the schema. */
const amount = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 1, arbitrary: fc.constant(-1) },
);
const chunkSize = fc.integer({ min: 1, max: 6 });
const existing = fc.uniqueArray(id, { maxLength: 4 });
const RUNS = { numRuns: 120 };

describe(insertMany.name, () => {
  it('stores and refuses what a map would', async () => {
    const documents = fc.array(fc.record({ _id: id, amount }), { maxLength: 16 });
    const check = async (
      ids: number[],
      inputs: Item[],
      how: { ordered: boolean; chunkSize: number; isStream: boolean },
    ): Promise<void> => {
      await reset(ids);
      const model = new Map(ids.map((_id) => [_id, 0]));
      const refused: number[] = [];
      for (const [index, { _id, amount: value }] of inputs.entries()) {
        if (how.ordered && refused.length > 0) break;
        if (value < 0 || model.has(_id)) refused.push(index);
        else model.set(_id, value);
      }
      const source = how.isStream ? streamOf(inputs) : inputs;
      const report = await reportOf(insertMany(target, source, { ...how, keepIds: true }));
      expect(failedIndexes(report)).toEqual(refused);
      // Two of the same id in two commands on their way at once: either may come first.
      const stored = await amounts();
      expect([...stored.keys()].toSorted((a, b) => a - b)).toEqual(
        [...model.keys()].toSorted((a, b) => a - b),
      );
      expect(report).toMatchObject({
        inserted: model.size - ids.length,
        failed: refused.length,
        unconfirmed: [],
      });
      expect(report.insertedIds.size).toBe(report.inserted);
      for (const [index, _id] of report.insertedIds)
        expect(stored.get(_id as number)).toBe(inputs[index]?.amount);
    };
    const how = fc.record({ ordered: fc.constant(true), chunkSize, isStream: fc.boolean() });
    await fc.assert(fc.asyncProperty(existing, documents, how, check), RUNS);
  });

  it('stores and refuses what a map would, in any order', async () => {
    const documents = fc.array(fc.record({ _id: id, amount }), { maxLength: 16 });
    const check = async (ids: number[], inputs: Item[], size: number): Promise<void> => {
      await reset(ids);
      const valid = new Set(inputs.filter((input) => input.amount >= 0).map(({ _id }) => _id));
      const expected = new Set([...ids, ...valid]);
      const report = await reportOf(insertMany(target, inputs, { ordered: false, chunkSize: size }));
      const stored = await amounts();
      expect(new Set(stored.keys())).toEqual(expected);
      expect(report).toMatchObject({
        inserted: expected.size - ids.length,
        failed: inputs.length - report.inserted,
      });
      // Every input is in one of the two, and what is said to be inserted is what is stored.
      const told = [...report.insertedIds.keys(), ...failedIndexes(report)].toSorted((a, b) => a - b);
      expect(told).toEqual([...inputs.keys()]);
      for (const [index, _id] of report.insertedIds)
        expect(stored.get(_id as number)).toBe(inputs[index]?.amount);
    };
    await fc.assert(fc.asyncProperty(existing, documents, chunkSize, check), RUNS);
  });
});

describe(bulk.name, () => {
  const operation = fc.oneof(
    fc.record({ insert: fc.record({ _id: id, amount }) }),
    fc.record({
      update: fc.record({
        filter: fc.record({ _id: id }),
        update: fc.record({ amount }),
        upsert: fc.boolean(),
      }),
    }),
    fc.record({ replace: fc.record({ id, document: fc.record({ amount }) }) }),
    fc.record({ delete: fc.record({ filter: fc.record({ _id: id }) }) }),
    fc.record({
      update: fc.record({
        filter: fc.record({ amount }),
        update: fc.record({ amount }),
        many: fc.constant(true),
      }),
    }),
    fc.record({ delete: fc.record({ filter: fc.record({ amount }), many: fc.constant(true) }) }),
  );

  it('does in order what a map would', async () => {
    const check = async (ids: number[], operations: object[], size: number): Promise<void> => {
      await reset(ids);
      const model = new Map(ids.map((_id) => [_id, 0]));
      let refused: number | undefined;
      const counts = { inserted: 0, matched: 0, deleted: 0, upserted: 0 };
      for (const [index, one] of (operations as Operation[]).entries()) {
        if (!applyTo(model, one, counts)) {
          refused = index;
          break;
        }
      }
      const report = await reportOf(
        bulk<Item>(target, operations as BulkOperation<Item>[], { chunkSize: size }),
      );
      expect(failedIndexes(report)).toEqual(refused === undefined ? [] : [refused]);
      expect(await amounts()).toEqual(model);
      expect(report).toMatchObject(counts);
    };
    await fc.assert(
      fc.asyncProperty(existing, fc.array(operation, { maxLength: 12 }), chunkSize, check),
      RUNS,
    );
  });
});

interface Operation {
  insert?: Item;
  update?: { filter: Partial<Item>; update: { amount: number }; upsert?: boolean; many?: boolean };
  replace?: { id: number; document: { amount: number } };
  delete?: { filter: Partial<Item> };
}

/** @returns Whether the operation is allowed */
function applyTo(
  model: Map<number, number>,
  { insert, update, replace, delete: deletion }: Operation,
  counts: { inserted: number; matched: number; deleted: number; upserted: number },
): boolean {
  const matching = (filter: Partial<Item>): number[] =>
    [...model]
      .filter(([_id, value]) => (filter._id ?? _id) === _id && (filter.amount ?? value) === value)
      .map(([_id]) => _id);
  if (insert) {
    if (insert.amount < 0 || model.has(insert._id)) return false;
    model.set(insert._id, insert.amount);
    counts.inserted += 1;
  }
  const change = update ?? (replace && { filter: { _id: replace.id }, update: replace.document });
  if (change) {
    if (change.update.amount < 0) return false;
    const found = matching(change.filter);
    for (const _id of found) model.set(_id, change.update.amount);
    counts.matched += found.length;
    if (found.length === 0 && update?.upsert) {
      model.set(update.filter._id ?? -1, update.update.amount);
      counts.upserted += 1;
    }
  }
  if (deletion) {
    const found = matching(deletion.filter);
    for (const _id of found) model.delete(_id);
    counts.deleted += found.length;
  }
  return true;
}

async function* streamOf<I>(inputs: readonly I[]): AsyncGenerator<I> {
  for (const input of inputs) {
    await Promise.resolve();
    yield input;
  }
}
