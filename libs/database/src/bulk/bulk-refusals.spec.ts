import { Mongoose, Schema } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { ModelPlan } from '../repository/model-plan.ts';
import { toDriverOptions } from '../repository/operation-options.ts';
import type { BulkOperation } from './bulk-operation.ts';
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
const schema = new Schema<Contact>({
  _id: Number,
  email: { type: String, required: true },
  visits: { type: Number, default: 0, min: 0 },
  country: { type: String, immutable: true },
  scores: [Number],
});
new Mongoose({ autoCreate: false, autoIndex: false }).model('Contact', schema);

describe('an operation of a bulk write that is refused', () => {
  let database: TestDatabase;
  let target: BulkTarget;

  beforeAll(async () => {
    database = await TestDatabase.start();
    const plan = new ModelPlan(schema);
    if (!plan.writer) throw new Error('This schema can be compiled');
    target = compiledTarget(plan, plan.writer, {
      collection: () => database.db.collection('contacts'),
      driverOptions: (options) => toDriverOptions(options, 10_000),
    });
  });
  beforeEach(async () => {
    await bulk<Contact>(
      target,
      [1, 2, 3].map((_id) => ({ insert: { _id, email: 'a@example.org' } })),
    );
  });
  afterEach(() => database.clear());
  afterAll(() => database.stop());

  const visits = async () => {
    const contacts = database.db.collection<Contact>('contacts').find().sort({ _id: 1 });
    return (await contacts.toArray()).map((contact) => contact.visits);
  };

  const refused: Record<string, [code: string, message: string, BulkOperation<Contact>]> = {
    'an unknown field in a filter': [
      'FILTER_INVALID',
      'role is not a field',
      { update: { filter: { role: 1 } as object, update: { visits: 1 } } },
    ],
    'an operator from outside': ['FILTER_INVALID', '_id', { delete: { filter: { _id: { $gt: 0 } } } }],
    'a change of an immutable field': [
      'FILTER_INVALID',
      'country cannot be changed',
      { update: { filter: { _id: 2 }, update: { country: 'DE' } } },
    ],
    'a value that breaks the schema': [
      'DOCUMENT_INVALID',
      'visits must be at least 0',
      { update: { filter: { _id: 2 }, update: { visits: -1 } } },
    ],
    'a replacement that breaks the schema': [
      'DOCUMENT_INVALID',
      'email is required',
      { replace: { id: 2, document: { visits: 1 } } },
    ],
    'a replacement that is none': [
      'DOCUMENT_INVALID',
      'object',
      { replace: { id: 2, document: null as unknown as object } },
    ],
    'an update of everything': [
      'FILTER_INVALID',
      'all: true',
      { update: { filter: {}, update: { visits: 1 }, many: true } },
    ],
    'a deletion of everything': ['FILTER_INVALID', 'all: true', { delete: { filter: {}, many: true } }],
    'a version of many documents': [
      'FILTER_INVALID',
      'no version in common',
      { delete: { filter: { _id: 2 }, many: true, expectedVersion: 0 } },
    ],
    'a version of what is upserted': [
      'FILTER_INVALID',
      'no version to expect',
      { update: { filter: { _id: 2 }, update: { visits: 1 }, upsert: true, expectedVersion: 0 } },
    ],
    'an array filter without a use': [
      'FILTER_INVALID',
      'names no $[element]',
      { update: { filter: { _id: 2 }, update: { visits: 1 }, arrayFilters: [{ low: 1 }] } },
    ],
    'an element without an array filter': [
      'FILTER_INVALID',
      'has no array filter',
      { update: { filter: { _id: 2 }, update: { 'scores.$[low]': 1 } } },
    ],
    'no operation': ['FILTER_INVALID', 'one of insert', {} as BulkOperation<Contact>],
    nothing: ['FILTER_INVALID', 'one of insert', null as unknown as BulkOperation<Contact>],
    'an operation of another name': [
      'FILTER_INVALID',
      'one of insert',
      { drop: {} } as unknown as BulkOperation<Contact>,
    ],
    'two operations in one': [
      'FILTER_INVALID',
      'one of insert',
      { insert: { _id: 5, email: 'a' }, delete: { filter: { _id: 2 } } },
    ],
  };
  describe.each(Object.entries(refused))('%s', (_name, [code, message, operation]) => {
    const operations: BulkOperation<Contact>[] = [
      { update: { filter: { _id: 1 }, update: { visits: 7 } } },
      operation,
      { update: { filter: { _id: 3 }, update: { visits: 7 } } },
    ];

    it('ends it', async () => {
      const error = await bulk(target, operations).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BulkWriteError);
      expect(error).toMatchObject({ code, report: { matched: 1, failed: 1, errors: [{ index: 1 }] } });
      expect((error as Error).message).toContain(message);
      expect(await visits()).toEqual([7, 0, 0]);
    });

    it('is left out when unordered', async () => {
      const report = await bulk(target, operations, { ordered: false });
      expect(report).toMatchObject({ matched: 2, failed: 1, errors: [{ index: 1, error: { code } }] });
    });
  });
});
