import { Schema } from 'mongoose';
import { TestConnection } from '../../../../test/support/test-connection.ts';
import { DocumentStore } from '../document-store.ts';
import { ScopeMissingError } from '../scope/scope.ts';
import { MongoRepository } from './mongo.repository.ts';

interface Item {
  name: string;
  secret?: string;
  tenant?: string;
  keys: { label: string; value: string }[];
}

class ItemRepository extends MongoRepository<Item> {
  async totals(stages: object[]): Promise<unknown[]> {
    return this.aggregate(stages);
  }
}

let context: TestConnection;
let models = 0;
beforeAll(async () => {
  context = await TestConnection.start();
});
afterEach(() => context.clear());
afterAll(() => context?.stop());

function repositoryOf(schema: Schema): ItemRepository {
  models += 1;
  const model = context.connection.mongoose.model<Item>(`Item ${models}`, schema as never, 'items');
  return new ItemRepository(model, context.connection);
}

describe('fields with select: false', () => {
  const schema = new Schema({
    name: String,
    secret: { type: String, select: false },
    keys: [new Schema({ label: String, value: { type: String, select: false } }, { _id: false })],
  });

  it('are left out of every read, and given when asked for', async () => {
    const items = repositoryOf(schema);
    const whole = { name: 'a', secret: 's', keys: [{ label: 'k', value: 'v' }] };
    const { _id } = await items.insert(whole);
    const reads = [
      () => items.findById(_id),
      async () => (await Promise.all([items.findById(_id), items.findById(_id)]))[1],
      () => items.findOne({ name: 'a' }),
      async () => (await items.find({}))[0],
      async () => (await items.findPage({})).items[0],
      async () => (await items.stream({}).next()).value as unknown,
    ];
    for (const read of reads) {
      const found = await read();
      expect(found).toMatchObject({ name: 'a', keys: [{ label: 'k' }] });
      expect(JSON.stringify(found)).not.toMatch(/"s"|"v"/);
    }
    const changed = await items.findByIdAndUpdate(_id, { name: 'b' });
    expect(changed).toEqual({ _id, name: 'b', keys: [{ label: 'k' }], __v: 1 });
    const { document } = await items.upsert({ _id }, { name: 'a' });
    expect(document).toEqual({ _id, name: 'a', keys: [{ label: 'k' }], __v: 2 });
    expect(await items.findById(_id, { withHidden: true })).toMatchObject(whole);
    expect(await items.find({}, { withHidden: true })).toMatchObject([whole]);
  });
});

describe('limits that are none', () => {
  it.each([Number.NaN, null, '2', Infinity, -1, 1.5])(
    '%p is refused, before anything is read',
    async (limit) => {
      const items = repositoryOf(new Schema({ name: String }));
      const bad = { limit: limit as number };
      await expect(items.find({}, bad)).rejects.toThrow(RangeError);
      expect(() => items.stream({}, bad)).toThrow(RangeError);
      const store = new DocumentStore(context.connection);
      await expect(store.findDocuments('items', {}, bad)).rejects.toThrow(RangeError);
      await expect(items.find({}, { maxTimeMs: limit as number })).rejects.toThrow(RangeError);
    },
  );
});

it('an id that is read back as another type is found among others', async () => {
  const items = repositoryOf(new Schema({ _id: { type: BigInt, required: true }, name: String }));
  await items.insert({ _id: 5n, name: 'five' } as never);
  const found = await Promise.all([items.findById(5n as never), items.findById(6n as never)]);
  expect(found).toMatchObject([{ name: 'five' }, null]);
});

it('without its scope a read by id says so, also when there is no such document', async () => {
  const items = repositoryOf(
    new Schema({ name: String, tenant: { type: String, required: true, immutable: true, scope: true } }),
  );
  await expect(items.findById('a'.repeat(24))).rejects.toThrow(ScopeMissingError);
});

it('the collation of the schema is that of the filters', async () => {
  const items = repositoryOf(new Schema({ name: String }, { collation: { locale: 'en', strength: 1 } }));
  await items.insert({ name: 'Ada' });
  expect(await items.find({ name: 'ada' })).toHaveLength(1);
  expect(await items.count({ name: 'ÁDA' })).toBe(1);
  expect(await items.updateOne({ name: 'ada' }, { name: 'Eve' })).toBe(true);
  expect(await items.deleteOne({ name: 'eve' })).toBe(true);
});

it('a text search can begin a pipeline of a collection that deletes softly', async () => {
  const schema = new Schema({ name: String, deletedAt: { type: Date, softDelete: true } });
  const items = repositoryOf(schema);
  await context.connection.db.collection('items').createIndex({ name: 'text' });
  await items.insert({ name: 'ada' });
  const { _id } = await items.insert({ name: 'ada gone' });
  await items.deleteById(_id);
  expect(await items.totals([{ $match: { $text: { $search: 'ada' } } }])).toMatchObject([{ name: 'ada' }]);
});

it('what the server cannot apply to a document is refused without a word of the document', async () => {
  const items = repositoryOf(new Schema({ name: String, visits: Number, tags: [String] }));
  const { _id } = await items.insert({ name: 'a', visits: null, tags: null } as never);
  for (const change of [{ $inc: { visits: 1 } }, { $push: { tags: 'b' } }]) {
    const update = items.updateById(_id, change);
    await expect(update).rejects.toMatchObject({ code: 'FILTER_INVALID' });
    await expect(update).rejects.not.toThrow(String(_id));
  }
});

it('a store refuses what it would store as something else', async () => {
  const store = new DocumentStore(context.connection);
  await expect(store.insertDocument('items', null as never)).rejects.toMatchObject({
    code: 'DOCUMENT_INVALID',
  });
  await expect(store.updateDocument('items', {}, { a: undefined })).rejects.toMatchObject({
    code: 'FILTER_INVALID',
  });
});

it('a failing progress callback that is asynchronous ends the write', async () => {
  const items = repositoryOf(new Schema({ name: String }));
  const onProgress = (): Promise<void> => Promise.reject(new Error('stop'));
  await expect(items.insertMany([{ name: 'a' }], { onProgress })).rejects.toMatchObject({
    cause: { message: 'stop' },
  });
});
