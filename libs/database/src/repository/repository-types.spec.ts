import { mongo, Schema, trusted } from 'mongoose';
import { TestConnection } from '../../../../test/support/test-connection.ts';
import { MongoRepository } from './mongo.repository.ts';

// The compiler checks the lines below `@ts-expect-error`, the tests that they are refused when they run all the same.

interface Book {
  title: string;
  pages: number;
  isRead: boolean;
  tags: string[];
  printedAt: Date;
  createdAt: Date;
  __v: number;
  author: { name: string; born: number };
  scores: { by: string; value: number }[];
}

class BookRepository extends MongoRepository<Book> {
  async perAuthor(): Promise<{ _id: string; count: number }[]> {
    return this.aggregate([{ $group: { _id: '$author.name', count: { $sum: 1 } } }]);
  }
}

const schema = new Schema<Book>(
  {
    title: { type: String, required: true },
    pages: Number,
    isRead: Boolean,
    tags: [String],
    printedAt: Date,
    author: { name: String, born: Number },
    scores: [{ _id: false, by: String, value: Number }],
  },
  { timestamps: true },
);

let context: TestConnection;
let books: BookRepository;
beforeAll(async () => {
  context = await TestConnection.start();
  books = new BookRepository(context.connection.mongoose.model('Book', schema), context.connection);
});
afterAll(() => context.stop());

const id = new mongo.ObjectId();

describe('a mistake that the compiler finds', () => {
  const FILTERS: Record<string, () => Promise<unknown>> = {
    // @ts-expect-error -- no such field
    'an unknown field in a filter': () => books.find({ titel: 'Emma' }),
    // @ts-expect-error -- no such field
    'an unknown field in findOne': () => books.findOne({ titel: 'Emma' }),
    // @ts-expect-error -- no such field
    'an unknown field in findPage': () => books.findPage({ titel: 'Emma' }),
    // @ts-expect-error -- no such field
    'an unknown field in count': () => books.count({ titel: 'Emma' }),
    // @ts-expect-error -- no such field
    'an unknown field in deleteMany': () => books.deleteMany({ titel: 'Emma' }),
    // @ts-expect-error -- another type
    'a text for a number': () => books.find({ pages: 'many' }),
    // @ts-expect-error -- another type
    'an object for a text': () => books.find({ title: { text: 'Emma' } }),
    // @ts-expect-error -- another type
    'an object for a date': () => books.find({ printedAt: { year: 1815 } }),
    // @ts-expect-error -- no such field
    'an unknown field in distinct': () => books.distinct('titel', {}),
    // @ts-expect-error -- not a direction
    'a wrong order': () => books.find({}, { sort: { title: 2 } }),
  };
  const UPDATES: Record<string, () => Promise<unknown>> = {
    // @ts-expect-error -- no such field
    'an unknown field': () => books.updateById(id, { titel: 'Emma' }),
    // @ts-expect-error -- another type
    'a text for a number': () => books.updateById(id, { pages: 'many' }),
    // @ts-expect-error -- another type
    'an object for a text': () => books.updateById(id, { $set: { title: {} } }),
    // @ts-expect-error -- kept by the repository
    'the time of creation': () => books.updateById(id, { createdAt: new Date() }),
    // @ts-expect-error -- kept by the repository
    'the version': () => books.updateById(id, { $set: { __v: 5 } }),
    // @ts-expect-error -- kept by the repository
    'the time of creation in an upsert': () => books.upsert({}, { $setOnInsert: { createdAt: new Date() } }),
    // @ts-expect-error -- not a number
    '$inc of a text': () => books.updateById(id, { $inc: { title: 1 } }),
    // @ts-expect-error -- not a number
    '$inc by a text': () => books.updateById(id, { $inc: { pages: 'one' } }),
    // @ts-expect-error -- not a number
    '$mul of a date': () => books.updateById(id, { $mul: { printedAt: 2 } }),
    // @ts-expect-error -- not a list
    '$push to a text': () => books.updateById(id, { $push: { title: 'a' } }),
    // @ts-expect-error -- another type
    '$push of another type': () => books.updateById(id, { $push: { scores: 'best' } }),
    // @ts-expect-error -- not a list
    '$pop of a number': () => books.updateById(id, { $pop: { pages: 1 } }),
    // @ts-expect-error -- neither end
    '$pop of the middle': () => books.updateById(id, { $pop: { tags: 0 } }),
    // @ts-expect-error -- not a date
    '$currentDate of a text': () => books.updateById(id, { $currentDate: { title: true } }),
    // @ts-expect-error -- no such operator
    'an unknown operator': () => books.updateById(id, { $rename: { title: 'name' } }),
    // @ts-expect-error -- a pipeline
    'a pipeline': () => books.updateById(id, [{ $set: { title: 'Emma' } }]),
    // @ts-expect-error -- no such field
    'an unknown field in an upsert': () => books.upsert({ title: 'Emma' }, { titel: 'Emma' }),
  };
  const DOCUMENTS: Record<string, () => Promise<unknown>> = {
    // @ts-expect-error -- another type
    'a text for a number': () => books.insert({ title: 'Emma', pages: 'many' }),
    // @ts-expect-error -- another type
    'a number for a list of objects': () => books.insert({ title: 'Emma', scores: [1] }),
    // @ts-expect-error -- another type
    'an object for a text': () => books.replaceById(id, { title: {} }),
  };
  const IDS: Record<string, () => Promise<unknown>> = {
    // @ts-expect-error -- not an id
    'a number': () => books.findById(1),
    // @ts-expect-error -- not an id
    'an operator': () => books.findById({ $ne: null }),
    // @ts-expect-error -- not an id
    null: () => books.deleteById(null),
    // @ts-expect-error -- not an id
    undefined: () => books.updateById(undefined, { title: 'Emma' }),
    // @ts-expect-error -- not a version
    'a text for a version': () => books.deleteById(id, { expectedVersion: '1' }),
  };

  it.each(Object.keys(FILTERS))('in a filter is refused: %s', async (name) => {
    await expect((async () => FILTERS[name]?.())()).rejects.toMatchObject({ code: 'FILTER_INVALID' });
  });

  it.each(Object.keys(UPDATES))('in an update is refused: %s', async (name) => {
    const code = expect.stringMatching(/^(FILTER|DOCUMENT)_INVALID$/);
    await expect((async () => UPDATES[name]?.())()).rejects.toMatchObject({ code });
  });

  it.each(Object.keys(DOCUMENTS))('in a document is refused: %s', async (name) => {
    await expect((async () => DOCUMENTS[name]?.())()).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
  });

  it.each(Object.keys(IDS))('in an id is refused: %s', async (name) => {
    await expect((async () => IDS[name]?.())()).rejects.toMatchObject({ code: 'FILTER_INVALID' });
  });
});

describe('what the types allow', () => {
  it('is what the repository takes and gives back', async () => {
    const emma = await books.insert({
      title: 'Emma',
      pages: 474,
      tags: ['novel'],
      author: { name: 'Austen', born: 1775 },
    });
    await books.updateById(emma._id, {
      isRead: true,
      'author.born': 1775,
      $inc: { pages: 1 },
      $push: { tags: ['classic'], scores: { by: 'Ada', value: 5 } },
      $currentDate: { printedAt: true },
    });
    await books.updateById(emma._id.toHexString(), { $pull: { tags: 'novel' }, $unset: { isRead: true } });
    const [found] = await books.find({
      'author.name': 'Austen',
      pages: trusted({ $gte: 475 }),
      $or: [{ title: 'Emma' }, { tags: trusted({ $in: ['x'] }) }],
    });
    const title: string | undefined = found?.title;
    const stored: mongo.ObjectId | undefined = found?._id;
    expect([title, stored, found?.tags]).toEqual(['Emma', emma._id, ['classic']]);
    const page = await books.findPage({}, { sort: { printedAt: -1, 'author.name': 1 } });
    const next: string | null = page.next;
    expect([page.items.map(({ pages }) => pages), next]).toEqual([[475], null]);
    expect(await books.perAuthor()).toEqual([{ _id: 'Austen', count: 1 }]);
  });

  it('is plain: what was read has none of the methods of Mongoose', async () => {
    const found = await books.findOne({});
    // @ts-expect-error -- a plain object
    expect(() => found?.save()).toThrow(TypeError);
  });
});
