import { mongo, Schema, type Query } from 'mongoose';
import { TestConnection } from '../../../../test/support/test-connection.ts';
import { MongoRepository } from './mongo.repository.ts';

interface Task {
  title: string;
  state?: string;
  labels?: Map<string, string>;
  bytes?: unknown;
  price?: unknown;
  parts?: unknown;
  free?: unknown;
}

class TaskRepository extends MongoRepository<Task> {}

let context: TestConnection;
let models = 0;
beforeAll(async () => {
  context = await TestConnection.start();
});
afterEach(() => context.clear());
afterAll(() => context.stop());

function repositoryOf(schema: Schema<Task>): TaskRepository {
  models += 1;
  const model = context.connection.mongoose.model<Task>(`Task ${models}`, schema, 'tasks');
  return new TaskRepository(model, context.connection);
}

const tasks = (): Schema<Task> =>
  new Schema<Task>({ title: { type: String, required: true }, state: String }, { timestamps: true });

describe('a hook of a write', () => {
  const CALLS: Record<string, (repository: TaskRepository, id: mongo.ObjectId) => Promise<unknown>> = {
    updateOne: (repository, id) => repository.updateById(id, { title: 'b' }),
    updateMany: (repository) => repository.updateMany({ title: 'a' }, { title: 'b' }),
    findOneAndUpdate: (repository, id) => repository.findByIdAndUpdate(id, { title: 'b' }),
  };

  it.each(Object.keys(CALLS))('runs and changes the update: %s', async (name) => {
    const schema = tasks().pre(name as 'updateOne', function mark(this: Query<unknown, Task>) {
      this.set({ state: 'hooked' });
    });
    const repository = repositoryOf(schema);
    expect(repository.explain()).toEqual({
      writes: 'mongoose',
      reasons: [`the schema has a pre ${name} hook`],
    });
    const { _id } = await repository.insert({ title: 'a' });
    await CALLS[name]?.(repository, _id);
    expect(await repository.getById(_id)).toMatchObject({ title: 'b', state: 'hooked', __v: 1 });
  });

  it.each(['deleteOne', 'deleteMany'] as const)('runs and can refuse: %s', async (name) => {
    const schema = tasks().pre(name, () => {
      throw new Error('not this one');
    });
    const repository = repositoryOf(schema);
    await repository.insert({ title: 'a' });
    await expect(repository[name]({ title: 'a' })).rejects.toThrow('not this one');
    expect(await repository.count({})).toBe(1);
  });
});

describe('a hook that would never run', () => {
  it.each(['find', 'findOne', 'countDocuments', 'distinct', 'aggregate', 'insertMany', 'bulkWrite'])(
    'is refused with the repository: %s',
    (name) => {
      const schema = tasks();
      schema.post(name as 'find', () => undefined);
      const make = () => repositoryOf(schema);
      expect(make).toThrow(TypeError);
      expect(make).toThrow(`a post ${name} hook, which a repository would never run`);
    },
  );
});

describe('a validator that gives a promise without being declared async', () => {
  const isFree = (title: string): Promise<boolean> =>
    title === 'broken' ? Promise.reject(new Error('no answer')) : Promise.resolve(title !== 'taken');
  const schema = (): Schema<Task> =>
    new Schema<Task>({ title: { type: String, validate: isFree }, state: String });

  it.each<[string, (repository: TaskRepository, title: string, id: mongo.ObjectId) => Promise<unknown>]>([
    ['insert', (repository, title) => repository.insert({ title })],
    ['update', (repository, title, id) => repository.updateById(id, { title })],
    ['replace', (repository, title, id) => repository.replaceById(id, { title })],
    ['upsert', (repository, title) => repository.upsert({ state: 'x' }, { title })],
  ])('is waited for by way of Mongoose, from the first %s on', async (_name, write) => {
    const repository = repositoryOf(schema());
    const id = new mongo.ObjectId();
    await context.database.db.collection('tasks').insertOne({ _id: id, title: 'old', __v: 0 });
    expect(repository.explain().writes).toBe('compiled');
    for (const title of ['broken', 'taken'])
      await expect(write(repository, title, id)).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
        problems: [{ path: 'title' }],
      });
    expect(repository.explain()).toMatchObject({
      writes: 'mongoose',
      reasons: [expect.stringContaining('title')],
    });
    await write(repository, 'free', id);
    expect(await repository.exists({ title: 'free' })).toBe(true);
  });
});

it('a validator that gives a promise ends a bulk write, and the next one goes through Mongoose', async () => {
  const validate = (title: string): Promise<boolean> => Promise.resolve(title !== 'taken');
  const repository = repositoryOf(new Schema<Task>({ title: { type: String, validate } }));
  await expect(repository.insertMany([{ title: 'a' }])).rejects.toMatchObject({
    cause: { message: expect.stringContaining('gives a promise') },
  });
  expect(await repository.insertMany([{ title: 'a' }])).toMatchObject({ inserted: 1 });
});

describe('what a write gives back', () => {
  class Titled {
    title = 'from a class';
    get shout(): string {
      return this.title.toUpperCase();
    }
  }
  const shown = (): Schema<Task> =>
    new Schema<Task>(
      {
        title: String,
        state: String,
        labels: { type: Map, of: String },
        bytes: Buffer,
        price: Schema.Types.Decimal128,
        parts: [new Schema({ at: Date, bytes: Buffer })],
        free: {},
      },
      {
        toObject: { virtuals: true, transform: () => ({ title: 'changed on the way out' }) },
        virtuals: { loud: { get: () => 'LOUD' } },
      },
    );

  it.each([
    { way: 'compiled', of: (schema: Schema<Task>) => schema },
    { way: 'mongoose', of: (schema: Schema<Task>) => schema.pre('save', () => undefined) },
  ])('is what is stored, with $way writes', async ({ way, of }) => {
    const repository = repositoryOf(of(shown()));
    expect(repository.explain().writes).toBe(way);
    const labels = new Map([['a', 'b']]);
    const bytes = Buffer.from('a');
    const others = { bytes, price: '1.5', parts: [{ at: '2020-01-01', bytes }], free: { a: [new Date(0)] } };
    const inserted = await repository.insert({ title: 'x', labels, ...others });
    expect(inserted).toEqual(await repository.getById(inserted._id));
    const replaced = await repository.replaceById(inserted._id, { title: 'y', labels, ...others });
    expect(replaced).toEqual(await repository.getById(inserted._id));
    expect(replaced).toMatchObject({ title: 'y', labels: { a: 'b' } });
  });

  it.each([
    { way: 'compiled', of: (schema: Schema<Task>) => schema },
    { way: 'mongoose', of: (schema: Schema<Task>) => schema.pre('save', () => undefined) },
  ])('may have been given as an instance of a class, with $way writes', async ({ of }) => {
    const repository = repositoryOf(of(tasks()));
    const { _id } = await repository.insert(new Titled());
    expect(await repository.updateById(_id, { state: 'x' })).toBe(true);
    expect(await repository.updateOne(new Titled(), new Titled())).toBe(true);
    expect(await repository.count({ $or: [new Titled()] })).toBe(1);
  });
});
