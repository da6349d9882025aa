import { mongo, Schema } from 'mongoose';
import { TestConnection } from '../../../../test/support/test-connection.ts';
import { FilterInvalidError } from '../errors/database.error.ts';
import type { Stored } from './document-types.ts';
import { MongoRepository } from './mongo.repository.ts';

interface Note {
  text: string;
}

class NoteRepository extends MongoRepository<Note> {}

const schema = new Schema<Note>({ text: String });

/** What is no id, by a name for the test. */
const NOT_IDS: Record<string, unknown> = {
  'an empty text': '',
  'a text of 12 characters': 'twelve-chars',
  'a text of 24 characters that are not hexadecimal': 'z'.repeat(24),
  'one character too few': 'a'.repeat(23),
  'one character too many': 'a'.repeat(25),
  'an id with a space': ` ${'a'.repeat(23)}`,
  'an id with a line end': `${'a'.repeat(24)}\n`,
  'full-width digits': '１'.repeat(24),
  'a text of 1 MB': 'a'.repeat(1_048_576),
  'a number': 123,
  'not a number': Number.NaN,
  'a big number': 2n ** 64n,
  true: true,
  false: false,
  'an empty list': [],
  'a list of an id': ['a'.repeat(24)],
  'an empty object': {},
  'an object with an id': { _id: 'a'.repeat(24) },
  'an object that says its own text': { toString: () => 'a'.repeat(24) },
  'an object with the method of an id': { toHexString: () => 'a'.repeat(24) },
  'extended JSON': { $oid: 'a'.repeat(24) },
  'a forged id': { _bsontype: 'ObjectId', id: 'aaaaaaaaaaaa' },
  'an operator': { $ne: null },
  'another operator': { $gt: '' },
  'a list operator': { $in: [] },
  'an operator in a list': [{ $ne: null }],
  'code for the server': { $where: 'true' },
  'a pattern': /.*/,
  'a date': new Date(0),
  'a function': () => 'a'.repeat(24),
  'a symbol': Symbol('id'),
  'the smallest key': new mongo.MinKey(),
  null: null,
  undefined,
};

let context: TestConnection;
let notes: NoteRepository;
let stored: Stored<Note>[];
const sent: string[] = [];
beforeAll(async () => {
  context = await TestConnection.start();
  notes = new NoteRepository(context.connection.mongoose.model('Note', schema), context.connection);
  stored = [await notes.insert({ text: 'One' }), await notes.insert({ text: 'Two' })];
  context.connection.client.on('commandStarted', ({ commandName }) => sent.push(commandName));
});
beforeEach(() => {
  sent.length = 0;
});
afterAll(() => context.stop());

type Call = [name: string, call: (id: unknown) => Promise<unknown>];

const BY_ID: Call[] = [
  ['findById', (id) => notes.findById(id as string)],
  ['findById in a session', (id) => notes.findById(id as string, { comment: 'alone' })],
  ['getById', (id) => notes.getById(id as string)],
  ['updateById', (id) => notes.updateById(id as string, { text: 'Changed' })],
  ['updateById of a version', (id) => notes.updateById(id as string, { text: 'x' }, { expectedVersion: 0 })],
  ['findByIdAndUpdate', (id) => notes.findByIdAndUpdate(id as string, { text: 'Changed' })],
  ['replaceById', (id) => notes.replaceById(id as string, { text: 'Changed' })],
  ['deleteById', (id) => notes.deleteById(id as string)],
];
const BY_FILTER: Call[] = [
  ['findOne', (_id) => notes.findOne({ _id } as object)],
  ['find', (_id) => notes.find({ _id } as object)],
  ['findPage', (_id) => notes.findPage({ _id } as object)],
  ['stream', async (_id) => notes.stream({ _id } as object).next()],
  ['count', (_id) => notes.count({ _id } as object)],
  ['exists', (_id) => notes.exists({ _id } as object)],
  ['distinct', (_id) => notes.distinct('text', { _id } as object)],
  ['updateOne', (_id) => notes.updateOne({ _id } as object, { text: 'Changed' })],
  ['updateMany', (_id) => notes.updateMany({ _id } as object, { text: 'Changed' })],
  ['upsert', (_id) => notes.upsert({ _id } as object, { text: 'Changed' })],
  ['deleteOne', (_id) => notes.deleteOne({ _id } as object)],
  ['deleteMany', (_id) => notes.deleteMany({ _id } as object)],
];

/** Refused for its id, before anything was sent. */
async function expectRefused(call: () => Promise<unknown>): Promise<void> {
  const error = await call().then(
    (value) => ({ value }),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FilterInvalidError);
  expect(error).toMatchObject({ problems: [{ path: expect.stringMatching(/^_id/) }] });
  // What was given is not repeated: it may be a secret, or a megabyte.
  expect((error as Error).message.length).toBeLessThan(200);
  expect(sent).toEqual([]);
  expect(await notes.find({}, { sort: { _id: 1 } })).toEqual(stored);
}

describe.each([...BY_ID, ...BY_FILTER])('%s', (_name, call) => {
  it.each(Object.keys(NOT_IDS))('refuses %s', async (name) => expectRefused(() => call(NOT_IDS[name])));
});

it.each([...BY_ID, ...BY_FILTER])('%s takes an id, and its text in capitals', async (_name, call) => {
  const { _id } = await notes.insert({ text: 'Extra' });
  for (const id of [_id, _id.toHexString().toUpperCase()]) {
    sent.length = 0;
    await call(id).catch((error: unknown) => expect(error).not.toBeInstanceOf(FilterInvalidError));
    expect(sent).not.toEqual([]);
  }
  await notes.deleteById(_id);
  expect(await notes.find({}, { sort: { _id: 1 } })).toEqual(stored);
});
