import type { mongo } from 'mongoose';
import type { BulkTarget } from './bulk-target.ts';
import { BulkWriteError } from './bulk-write.error.ts';
import { bulk } from './bulk.ts';
import { runByMethod, type SingleWrites } from './run-by-method.ts';

interface Contact {
  _id: number;
  email: string;
  visits: number;
}

const unused = (): never => {
  throw new TypeError('Not for a schema that needs Mongoose');
};
/** What a target has for schemas that are compiled. */
const needless: BulkTarget = {
  collection: () => ({}) as mongo.Collection,
  driverOptions: ({ comment }) => ({
    maxTimeMS: 10_000,
    socketTimeoutMS: 10_500,
    ...(comment !== undefined && { comment }),
  }),
  prepare: unused,
  toQuery: unused,
  withVersion: unused,
  toUpdate: unused,
  toArrayFilters: unused,
  toReplacement: unused,
};

describe(runByMethod.name, () => {
  it('calls the method of each operation, with the options of the call', async () => {
    const calls: unknown[] = [];
    const method =
      (name: string, result: unknown) =>
      async (...args: unknown[]): Promise<never> => {
        calls.push([name, ...args]);
        return result as never;
      };
    const methods: SingleWrites<unknown> = {
      insert: method('insert', { _id: 1 }),
      updateOne: method('updateOne', true),
      updateMany: method('updateMany', 3),
      upsert: method('upsert', { document: { _id: 7 }, isInserted: true }),
      replaceById: method('replaceById', null),
      deleteOne: method('deleteOne', true),
      deleteMany: method('deleteMany', 2),
    };
    const target: BulkTarget = {
      ...needless,
      runOne: (operation, options) => runByMethod(methods, operation, options),
    };
    const filter = { _id: 1 };
    const report = await bulk<Contact>(
      target,
      [
        { insert: { email: 'a' } },
        { update: { filter, update: { visits: 1 }, expectedVersion: 4 } },
        { update: { filter, update: { visits: 2 }, many: true } },
        { update: { filter, update: { visits: 3 }, upsert: true } },
        { replace: { id: 1, document: { email: 'b' } } },
        { delete: { filter } },
        { delete: { filter, many: true, permanently: true } },
      ],
      { comment: 'bulk' },
    );
    const counts = { inserted: 1, matched: 4, modified: 4, upserted: 1, deleted: 3, failed: 0 };
    expect(report).toMatchObject(counts);
    expect([...report.insertedIds, ...report.upsertedIds]).toEqual([
      [0, 1],
      [3, 7],
    ]);
    const options = { comment: 'bulk', maxTimeMs: 10_000 };
    expect(calls).toEqual([
      ['insert', { email: 'a' }, options],
      ['updateOne', filter, { visits: 1 }, { ...options, expectedVersion: 4 }],
      ['updateMany', filter, { visits: 2 }, options],
      ['upsert', filter, { visits: 3 }, options],
      ['replaceById', 1, { email: 'b' }, options],
      ['deleteOne', filter, options],
      ['deleteMany', filter, { ...options, permanently: true }],
    ]);
  });

  it('ends at what a method refuses', async () => {
    const runOne = () =>
      runByMethod(
        {} as SingleWrites<unknown>,
        { update: { filter: {}, update: {}, upsert: true, many: true } },
        {},
      );
    const write = bulk<Contact>({ ...needless, runOne }, [{ insert: {} }, { insert: {} }]);
    const error = await write.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BulkWriteError);
    expect(error).toMatchObject({
      code: 'FILTER_INVALID',
      report: { failed: 1, errors: [{ index: 0 }] },
    });
  });
});
