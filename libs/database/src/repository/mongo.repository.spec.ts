import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { mongo, Schema, trusted, type Model } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import type { Filter } from './document-types.ts';
import { MongoRepository } from './mongo.repository.ts';

interface Customer {
  email: string;
  name: string;
  visits: number;
  tags: string[];
  createdAt: Date;
}

const schema = new Schema<Customer>(
  {
    email: { type: String, required: true, lowercase: true },
    name: { type: String, maxlength: 10 },
    visits: { type: Number, default: 0, min: 0 },
    tags: [String],
  },
  { timestamps: true },
);

class CustomerRepository extends MongoRepository<Customer> {}

describe(MongoRepository.name, () => {
  let database: TestDatabase;
  let connection: DatabaseConnection;
  let model: Model<Customer>;
  let customers: CustomerRepository;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await TestDatabase.start();
    connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: database.uri }).database);
    model = connection.mongoose.model('Customer', schema);
    connection.start();
    await connection.whenSettled();
    await database.db.collection('customers').createIndex({ email: 1 }, { unique: true });
    customers = new CustomerRepository(model, connection);
  });
  afterEach(() => database.clear());
  afterAll(async () => {
    await connection.close();
    await database.stop();
    Logger.overrideLogger(true);
  });

  const ada = { email: 'ada@example.org', name: 'Ada' };
  const bob = { email: 'bob@example.org', name: 'Bob', visits: 3 };
  /** What gets in when ids and filters are taken from a body without a check. */
  const OPERATORS = [{ $ne: null }, { $gt: '' }, { $exists: true }, { $in: [] }];

  describe('insert', () => {
    it('casts, applies defaults, stores, and returns a plain object', async () => {
      const stored = await customers.insert({
        ...ada,
        email: 'ADA@Example.org',
        visits: '7' as unknown as number,
      });
      expect(stored).toEqual({
        _id: expect.any(mongo.ObjectId),
        email: 'ada@example.org',
        name: 'Ada',
        visits: 7,
        tags: [],
        createdAt: expect.any(Date),
        updatedAt: expect.any(Date),
        __v: 0,
      });
      expect(Object.getPrototypeOf(stored)).toBe(Object.prototype);
      expect(await database.db.collection('customers').findOne()).toEqual(stored);
    });

    it('does not store a field that the schema lacks', async () => {
      await customers.insert({ ...ada, role: 'admin' } as Partial<Customer>);
      expect(await database.db.collection('customers').findOne()).not.toHaveProperty('role');
    });

    it('keeps an id that the document brings, so that it can be repeated', async () => {
      const _id = new mongo.ObjectId();
      expect(await customers.insert({ ...ada, _id } as Partial<Customer>)).toMatchObject({ _id });
      const again = customers.insert({ ...bob, _id } as Partial<Customer>);
      await expect(again).rejects.toMatchObject({ code: 'DUPLICATE_KEY', fields: ['_id'] });
    });

    it('names every field that is not valid', async () => {
      const insert = customers.insert({ name: 'a name of length 19', visits: -1 });
      await expect(insert).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
        problems: expect.arrayContaining([
          { path: 'email', message: 'is required' },
          { path: 'name', message: 'must have at most 10 characters' },
          { path: 'visits', message: 'must be at least 0' },
        ]),
      });
      expect(await customers.estimatedCount()).toBe(0);
    });

    it('names the field when a unique index refuses the document', async () => {
      await customers.insert(ada);
      const second = customers.insert({ ...bob, email: ada.email });
      await expect(second).rejects.toMatchObject({ code: 'DUPLICATE_KEY', fields: ['email'] });
    });
  });

  describe('findById and getById', () => {
    it('find a plain object by id or its text', async () => {
      const stored = await customers.insert(ada);
      expect(await customers.findById(stored._id)).toEqual(stored);
      expect(await customers.getById(stored._id.toHexString())).toEqual(stored);
    });

    it('say in their own way that there is none', async () => {
      await customers.insert(ada);
      const absent = new mongo.ObjectId();
      expect(await customers.findById(absent)).toBeNull();
      await expect(customers.getById(absent)).rejects.toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
    });
  });

  describe.each<[string, (id: string) => Promise<unknown>]>([
    ['findById', (id) => customers.findById(id)],
    ['getById', (id) => customers.getById(id)],
    ['updateById', (id) => customers.updateById(id, { name: 'Eve' })],
    ['deleteById', (id) => customers.deleteById(id)],
  ])('%s', (_, call) => {
    const notIds: unknown[] = ['', 'twelve-chars', 'z'.repeat(24), 'a'.repeat(23), 123, ['a'], {}, true];

    it.each([...notIds, ...OPERATORS])('refuses %j for an id', async (id) => {
      const stored = await customers.insert(ada);
      const problems = [{ path: '_id', message: expect.any(String) }];
      await expect(call(id as string)).rejects.toMatchObject({ code: 'FILTER_INVALID', problems });
      expect(await database.db.collection('customers').find().toArray()).toEqual([stored]);
    });

    it.each([undefined, null])('takes %s for no document', async (id) => {
      const stored = await customers.insert(ada);
      await call(id as unknown as string).catch((error: unknown) =>
        expect(error).toMatchObject({ code: expect.stringMatching(/^(DOCUMENT_NOT_FOUND|FILTER_INVALID)$/) }),
      );
      expect(await database.db.collection('customers').find().toArray()).toEqual([stored]);
    });
  });

  describe('findOne, find and count', () => {
    beforeEach(async () => {
      await customers.insert(ada);
      await customers.insert(bob);
    });

    it('cast the filter', async () => {
      const filter = { visits: '3' as unknown as number };
      expect(await customers.findOne(filter)).toMatchObject(bob);
      expect(await customers.find(filter)).toMatchObject([bob]);
      expect(await customers.count(filter)).toBe(1);
    });

    it('take operators that the code writes', async () => {
      expect(await customers.find({ visits: trusted({ $gte: 1 }) })).toMatchObject([bob]);
      expect(await customers.count({ $or: [{ name: 'Ada' }, { name: 'Bob' }] })).toBe(2);
    });

    it('return nothing when nothing matches', async () => {
      expect(await customers.findOne({ name: 'Eve' })).toBeNull();
      expect(await customers.find({ name: 'Eve' })).toEqual([]);
      expect(await customers.count({ name: 'Eve' })).toBe(0);
    });

    const unknown = { role: 'admin' } as object as Filter<Customer>;
    it.each<[string, () => Promise<unknown>]>([
      ['findOne', () => customers.findOne(unknown)],
      ['find', () => customers.find(unknown)],
      ['count', () => customers.count(unknown)],
      ['find below an operator', () => customers.find({ $or: [unknown] })],
    ])('refuse a field that the schema lacks: %s', async (_, call) => {
      const problems = [{ path: 'role', message: 'is not a field of this collection' }];
      await expect(call()).rejects.toMatchObject({ code: 'FILTER_INVALID', problems });
    });

    it('refuse a value of another type', async () => {
      const problems = [{ path: 'visits', message: 'must be a Number' }];
      const find = customers.find({ visits: 'many' as unknown as number });
      await expect(find).rejects.toMatchObject({ code: 'FILTER_INVALID', problems });
    });

    it('sort', async () => {
      expect(await customers.find({}, { sort: { visits: -1 } })).toMatchObject([bob, ada]);
      expect(await customers.find({}, { sort: { visits: 1 } })).toMatchObject([ada, bob]);
    });

    it('return plain objects', async () => {
      const [first] = await customers.find({});
      expect(Object.getPrototypeOf(first)).toBe(Object.prototype);
      expect(Object.getPrototypeOf(await customers.findOne({}))).toBe(Object.prototype);
    });

    it.each([
      ['at most 100 without a limit', {}, 100],
      ['at most the limit', { limit: 2 }, 2],
      ['none for a limit of 0', { limit: 0 }, 0],
    ])('return %s', async (_, options, count) => {
      const many = Array.from({ length: 120 }, (__, index) => ({ email: `${index}@example.org` }));
      await database.db.collection('customers').insertMany(many);
      expect(await customers.find({}, options)).toHaveLength(count);
      expect(await customers.count({})).toBe(122);
    });
  });

  it('estimatedCount counts what is there', async () => {
    expect(await customers.estimatedCount()).toBe(0);
    await customers.insert(ada);
    expect(await customers.estimatedCount()).toBe(1);
  });

  describe('updateById', () => {
    it('changes the given fields and the time, and keeps the others', async () => {
      const { _id, ...before } = await customers.insert(ada);
      expect(await customers.updateById(_id, { name: 'Ada L.', $inc: { visits: 2 } })).toBe(true);
      const after = await customers.getById(_id);
      const changed = { name: 'Ada L.', visits: 2, updatedAt: expect.any(Date), __v: 1 };
      expect(after).toEqual({ ...before, _id, ...changed });
    });

    it('says whether the document was there', async () => {
      const { _id } = await customers.insert(ada);
      expect(await customers.updateById(_id, { name: 'Ada' })).toBe(true);
      expect(await customers.updateById(new mongo.ObjectId(), { name: 'Ada' })).toBe(false);
      expect(await customers.count({})).toBe(1);
    });

    it('validates what it sets', async () => {
      const { _id } = await customers.insert(ada);
      const update = customers.updateById(_id, { visits: -1 });
      await expect(update).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
        problems: [{ path: 'visits' }],
      });
    });

    it('does not store a field that the schema lacks', async () => {
      const { _id } = await customers.insert(ada);
      await customers.updateById(_id, { name: 'Eve', role: 'admin' } as object).catch(() => undefined);
      expect(await database.db.collection('customers').findOne()).not.toHaveProperty('role');
    });

    it('names the field when a unique index refuses the change', async () => {
      await customers.insert(ada);
      const { _id } = await customers.insert(bob);
      const update = customers.updateById(_id, { email: ada.email });
      await expect(update).rejects.toMatchObject({ code: 'DUPLICATE_KEY', fields: ['email'] });
    });
  });

  describe('deleteById', () => {
    it('deletes that document and says whether it was there', async () => {
      const { _id } = await customers.insert(ada);
      await customers.insert(bob);
      expect(await customers.deleteById(_id)).toBe(true);
      expect(await customers.deleteById(_id)).toBe(false);
      expect(await customers.find({})).toMatchObject([bob]);
    });
  });

  it('bounds the work of the server on each call', async () => {
    const limits: [string, unknown][] = [];
    const note = ({ commandName, command }: mongo.CommandStartedEvent): void => {
      limits.push([commandName, command.maxTimeMS]);
    };
    const { _id } = await customers.insert(ada);
    connection.client.on('commandStarted', note);
    await customers.findById(_id);
    await customers.findOne({});
    await customers.find({});
    await customers.count({});
    await customers.estimatedCount();
    await customers.updateById(_id, { name: 'Eve' });
    await customers.deleteById(_id);
    connection.client.off('commandStarted', note);
    const commands = ['find', 'find', 'find', 'aggregate', 'count', 'update', 'delete'];
    expect(limits).toEqual(commands.map((command) => [command, 10_000]));
  });

  it('fails at once with the cause while there is no connection', async () => {
    const unconnected = new DatabaseConnection(loadConfiguration({}).database);
    const repository = new CustomerRepository(unconnected.mongoose.model('Customer', schema), unconnected);
    await expect(repository.find({})).rejects.toMatchObject({ reason: 'connecting' });
    await expect(repository.insert(ada)).rejects.toMatchObject({ reason: 'connecting' });
    await unconnected.close();
    await expect(repository.find({})).rejects.toMatchObject({ reason: 'closed' });
  });
});
