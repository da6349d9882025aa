import { Schema } from 'mongoose';
import { TestConnection } from '../../../../test/support/test-connection.ts';
import { MongoRepository } from '../repository/mongo.repository.ts';

interface Shape {
  kind?: string;
  name: string;
  radius?: number;
}

class ShapeRepository extends MongoRepository<Shape> {
  async names(): Promise<{ name: string }[]> {
    return this.aggregate([{ $sort: { name: 1 } }, { $project: { _id: 0, name: 1 } }]);
  }
}

let context: TestConnection;
let shapes: ShapeRepository;
let circles: ShapeRepository;
let squares: ShapeRepository;
beforeAll(async () => {
  context = await TestConnection.start();
  const { connection } = context;
  const base = new Schema<Shape>({ name: String }, { discriminatorKey: 'kind' });
  const model = connection.mongoose.model<Shape>('Shape', base);
  const kindOf = (name: string, fields: object): ShapeRepository =>
    new ShapeRepository(model.discriminator<Shape>(name, new Schema(fields)), connection);
  circles = kindOf('Circle', { radius: Number });
  squares = kindOf('Square', { side: Number });
  shapes = new ShapeRepository(model, connection);
});
afterEach(() => context.clear());
afterAll(() => context.stop());

describe('the repository of a discriminator', () => {
  it('neither reads nor changes documents of another kind', async () => {
    const { _id } = await squares.insert({ name: 'square' });
    const circle = await circles.insert({ name: 'circle', radius: 1 });
    expect(circle.kind).toBe('Circle');
    expect(await circles.findById(circle._id)).toEqual(circle);
    expect(await circles.findById(_id)).toBeNull();
    await expect(circles.getById(_id)).rejects.toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
    for (const filter of [
      { name: 'square' },
      { kind: 'Circle', name: 'square' },
      { $or: [{ name: 'square' }] },
    ])
      expect(await circles.find(filter)).toEqual([]);
    await expect(circles.find({ kind: 'Square' })).rejects.toMatchObject({ code: 'FILTER_INVALID' });
    expect(await circles.find({})).toEqual([circle]);
    expect(await circles.names()).toEqual([{ name: 'circle' }]);
    expect([await circles.count({}), await circles.estimatedCount()]).toEqual([1, 1]);
    expect(await circles.distinct('name', {})).toEqual(['circle']);
    expect(await circles.updateById(_id, { name: 'x' })).toBe(false);
    expect(await circles.replaceById(_id, { name: 'x' })).toBeNull();
    expect(await circles.deleteById(_id)).toBe(false);
    expect(await circles.updateMany({}, { name: 'x' }, { all: true })).toBe(1);
    expect(await circles.deleteMany({}, { all: true })).toBe(1);
    expect(await shapes.find({})).toMatchObject([{ name: 'square', kind: 'Square', __v: 0 }]);
  });

  it('does not mean all of its documents by an empty filter', async () => {
    await circles.insert({ name: 'circle' });
    await expect(circles.deleteMany({})).rejects.toMatchObject({ code: 'FILTER_INVALID' });
    await expect(circles.updateMany({}, { name: 'x' })).rejects.toMatchObject({ code: 'FILTER_INVALID' });
    expect(await circles.count({ name: 'circle' })).toBe(1);
  });

  it('upserts documents of its kind', async () => {
    await squares.insert({ name: 'a' });
    const { document, isInserted } = await circles.upsert({ name: 'a' }, { radius: 2 });
    expect([isInserted, document.kind, document.radius]).toEqual([true, 'Circle', 2]);
    expect((await circles.upsert({ name: 'a', kind: 'Circle' }, { radius: 3 })).isInserted).toBe(false);
    await expect(circles.upsert({ name: 'a', kind: 'Square' }, { radius: 3 })).rejects.toMatchObject({
      code: 'FILTER_INVALID',
    });
    await expect(circles.updateOne({ name: 'a' }, { kind: 'Square' })).rejects.toMatchObject({
      code: 'FILTER_INVALID',
    });
  });

  it('cannot be watched, since a deletion does not tell its kind', async () => {
    await expect((async () => circles.watch().next())()).rejects.toMatchObject({
      code: 'FILTER_INVALID',
      problems: [{ path: 'kind' }],
    });
  });
});

it('the repository of the base model sees every kind', async () => {
  await circles.insert({ name: 'a' });
  await squares.insert({ name: 'b' });
  expect(await shapes.names()).toEqual([{ name: 'a' }, { name: 'b' }]);
  expect(await shapes.find({ kind: 'Square' })).toMatchObject([{ name: 'b' }]);
});
