import { mongo, Schema, trusted } from 'mongoose';
import { TestConnection } from '../../../../test/support/test-connection.ts';
import type { Stored } from './document-types.ts';
import { MongoRepository } from './mongo.repository.ts';

interface Task {
  title: string;
  slug?: string;
  owner?: string;
  done: boolean;
  scores: { by: string; value: number }[];
  origin?: { country?: string; city?: string };
  createdAt: Date;
  updatedAt: Date;
  version: number;
}

class TaskRepository extends MongoRepository<Task> {}

const schema = new Schema<Task>(
  {
    title: { type: String, required: true, maxlength: 20 },
    slug: { type: String, lowercase: true },
    owner: { type: String, immutable: true },
    done: { type: Boolean, default: false },
    scores: [{ _id: false, by: String, value: { type: Number, max: 10 } }],
    origin: { country: { type: String, immutable: true }, city: String },
  },
  { timestamps: true, versionKey: 'version' },
);
/** Middleware makes every write go through Mongoose. */
const hooked = schema.clone().pre('save', () => undefined);

let context: TestConnection;
let compiled: TaskRepository;
let throughMongoose: TaskRepository;
beforeAll(async () => {
  context = await TestConnection.start();
  const { connection, database } = context;
  compiled = new TaskRepository(connection.mongoose.model('Task', schema), connection);
  throughMongoose = new TaskRepository(connection.mongoose.model('Hooked', hooked), connection);
  for (const name of ['tasks', 'hookeds']) {
    await database.db.collection(name).createIndex({ slug: 1 }, { unique: true, sparse: true });
  }
});
afterEach(() => context.clear());
afterAll(() => context.stop());

describe.each([
  { way: 'compiled', repository: () => compiled },
  { way: 'mongoose', repository: () => throughMongoose },
])('a repository whose writes are $way', ({ way, repository }) => {
  it('is what it says', () => {
    expect(repository().explain().writes).toBe(way);
  });

  describe('upsert', () => {
    it('inserts what filter, update and defaults give', async () => {
      const { document, isInserted } = await repository().upsert({ slug: 'one' }, { title: 'One' });
      expect(isInserted).toBe(true);
      expect(document).toEqual({
        _id: expect.any(mongo.ObjectId),
        slug: 'one',
        title: 'One',
        done: false,
        scores: [],
        createdAt: expect.any(Date),
        updatedAt: document.createdAt,
        version: expect.any(Number),
      });
      expect(await repository().getById(document._id)).toEqual(document);
    });

    it('changes what is there', async () => {
      const { _id, createdAt } = await repository().insert({ slug: 'one', title: 'One' });
      const { document, isInserted } = await repository().upsert({ slug: 'one' }, { title: 'Other' });
      expect(isInserted).toBe(false);
      expect(document).toMatchObject({ _id, createdAt, title: 'Other', version: 1 });
    });

    it('makes one document of many calls at once', async () => {
      const calls = Array.from({ length: 30 }, () =>
        repository().upsert({ slug: 'one' }, { title: 'One', $push: { scores: { by: 'a', value: 1 } } }),
      );
      const results = await Promise.all(calls);
      expect(results.filter(({ isInserted }) => isInserted)).toHaveLength(1);
      const [only, ...others] = await repository().find({});
      expect(others).toEqual([]);
      expect(only?.scores).toHaveLength(30);
    });

    it('refuses to insert what breaks the schema', async () => {
      const tooLong = repository().upsert({ slug: 'one' }, { title: 'x'.repeat(21) });
      await expect(tooLong).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
        problems: [{ path: 'title' }],
      });
      expect(await repository().count({})).toBe(0);
    });
  });

  describe('replaceById', () => {
    let before: Stored<Task>;
    beforeEach(async () => {
      const origin = { country: 'NL', city: 'Delft' };
      before = await repository().insert({ title: 'One', slug: 'one', owner: 'ada', origin });
    });

    it('keeps what must not change, and drops what is not given', async () => {
      const after = await repository().replaceById(before._id, {
        title: 'Two',
        done: true,
        owner: 'eve',
        createdAt: new Date(0),
      });
      const { slug: _gone, ...kept } = before;
      const changed = { title: 'Two', done: true, version: 1, updatedAt: expect.any(Date) };
      expect(after).toEqual({ ...kept, ...changed, origin: { country: 'NL' } });
      expect(after?.updatedAt.getTime()).toBeGreaterThanOrEqual(before.updatedAt.getTime());
      expect(await repository().getById(before._id)).toEqual(after);
    });

    it('keeps an immutable field inside a part that is replaced', async () => {
      const origin = { country: 'BE', city: 'Gent' };
      const after = await repository().replaceById(before._id, { title: 'Two', origin });
      expect(after?.origin).toEqual({ country: 'NL', city: 'Gent' });
    });

    it('is conditional on a version', async () => {
      const replace = async (expectedVersion: number): Promise<unknown> =>
        repository().replaceById(before._id, { title: 'Two' }, { expectedVersion });
      await expect(replace(5)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
      expect(await replace(0)).toMatchObject({ title: 'Two', version: 1 });
      await expect(replace(0)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    });

    it('says null when there is none, and refuses what breaks the schema', async () => {
      expect(await repository().replaceById(new mongo.ObjectId(), { title: 'Two' })).toBeNull();
      const untitled = repository().replaceById(before._id, {});
      await expect(untitled).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
        problems: [{ path: 'title' }],
      });
      expect(await repository().getById(before._id)).toEqual(before);
    });

    it('takes texts that look like operators for texts', async () => {
      const after = await repository().replaceById(before._id, { title: '$slug' });
      expect(after?.title).toBe('$slug');
    });

    it('loses no update of others', async () => {
      const writers = Array.from({ length: 10 }, async (_, index) =>
        index % 2 === 0
          ? repository().replaceById(before._id, { title: `Replaced ${index}` })
          : repository().updateById(before._id, { done: true }),
      );
      const settled = await Promise.allSettled(writers);
      const done = settled.filter(({ status }) => status === 'fulfilled').length;
      const { version } = await repository().getById(before._id);
      expect(version).toBe(done);
      expect(done).toBeGreaterThanOrEqual(5);
    });
  });

  it('reads the result of an update in the same step', async () => {
    const { _id } = await repository().insert({ title: 'One' });
    const after = await repository().findByIdAndUpdate(_id, { done: true }, { expectedVersion: 0 });
    expect(after).toMatchObject({ _id, title: 'One', done: true, version: 1 });
    const stale = repository().findByIdAndUpdate(_id, { done: false }, { expectedVersion: 0 });
    await expect(stale).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(await repository().findByIdAndUpdate(new mongo.ObjectId(), { done: true })).toBeNull();
  });

  it('changes the elements that an array filter describes', async () => {
    const scores = [
      { by: 'a', value: 1 },
      { by: 'b', value: 5 },
    ];
    const { _id } = await repository().insert({ title: 'One', scores });
    const update = { $set: { 'scores.$[low].value': 0 } };
    const arrayFilters = [{ 'low.value': trusted({ $lt: 3 }) }];
    expect(await repository().updateById(_id, update, { arrayFilters })).toBe(true);
    expect((await repository().getById(_id)).scores.map(({ value }) => value)).toEqual([0, 5]);
  });

  it('stops waiting when the signal says so', async () => {
    const aborted = { signal: AbortSignal.abort(new Error('enough')) };
    const { _id } = await repository().insert({ title: 'One' });
    const calls = [
      repository().insert({ title: 'Two' }, aborted),
      repository().find({}, aborted),
      repository().findById(_id, aborted),
      repository().updateById(_id, { title: 'Three' }, aborted),
      repository().deleteById(_id, aborted),
    ];
    for (const call of calls) await expect(call).rejects.toThrow('enough');
    expect(await repository().count({})).toBe(1);
  });
});
