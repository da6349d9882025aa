import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { mongo, Schema, trusted, type Query } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import type { Filter } from './document-types.ts';
import { MongoRepository } from './mongo.repository.ts';

interface Note {
  title: string;
  stars: number;
}

class NoteRepository extends MongoRepository<Note> {}

const plain = new Schema<Note>({
  title: { type: String, required: true },
  stars: { type: Number, default: 0 },
});
const hooked = plain.clone().pre('save', function shout(this: Note) {
  this.title = this.title.toUpperCase();
});
hooked.pre('updateOne', function shout(this: Query<unknown, Note>) {
  this.set({ stars: 5 });
});

let database: TestDatabase;
let connection: DatabaseConnection;
let notes: NoteRepository;
let loud: NoteRepository;
let commands: string[];

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await TestDatabase.start();
  connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: database.uri }).database);
  connection.client.on('commandStarted', ({ commandName }) => commands.push(commandName));
  connection.start();
  await connection.whenSettled();
  notes = new NoteRepository(connection.mongoose.model('Note', plain), connection);
  loud = new NoteRepository(connection.mongoose.model('Loud', hooked), connection);
});
beforeEach(() => {
  commands = [];
});
afterEach(() => database.clear());
afterAll(async () => {
  await connection.close();
  await database.stop();
  Logger.overrideLogger(true);
});

describe('writes', () => {
  it('say how documents are written', () => {
    expect(notes.explain()).toEqual({ writes: 'compiled', reasons: [] });
    expect(loud.explain()).toEqual({
      writes: 'mongoose',
      reasons: ['the schema has a pre save hook', 'the schema has a pre updateOne hook'],
    });
  });

  it('run the middleware of a schema that has some', async () => {
    expect(await loud.insert({ title: 'hello' })).toMatchObject({ title: 'HELLO', stars: 0, __v: 0 });
    const { _id } = await loud.insert({ title: 'again' });
    expect(await loud.updateById(_id, { title: 'new' }, { expectedVersion: 0 })).toBe(true);
    expect(await loud.getById(_id)).toMatchObject({ title: 'new', stars: 5, __v: 1 });
    const wrong = loud.updateById(_id, { $unset: { title: 1 } });
    await expect(wrong).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    expect(await loud.deleteById(_id)).toBe(true);
  });

  it('are conditional on a version', async () => {
    const { _id } = await notes.insert({ title: 'one' });
    expect(await notes.updateById(_id, { title: 'two' }, { expectedVersion: 0 })).toBe(true);
    const conflict = { code: 'VERSION_CONFLICT' };
    await expect(notes.updateById(_id, { title: 'x' }, { expectedVersion: 0 })).rejects.toMatchObject(
      conflict,
    );
    await expect(notes.deleteById(_id, { expectedVersion: 0 })).rejects.toMatchObject(conflict);
    expect(await notes.getById(_id)).toMatchObject({ title: 'two', __v: 1 });
    expect(await notes.deleteById(_id, { expectedVersion: 1 })).toBe(true);
    expect(await notes.updateById(_id, { title: 'x' }, { expectedVersion: 1 })).toBe(false);
  });

  it('refuse to touch every document by accident', async () => {
    await notes.insert({ title: 'one' });
    const misspelt = { titel: 'one' } as object as Filter<Note>;
    const refused = { code: 'FILTER_INVALID' };
    for (const filter of [{}, { $and: [{}] }, { $or: [{ title: 'one' }, {}] }]) {
      await expect(notes.deleteMany(filter)).rejects.toMatchObject(refused);
      await expect(notes.updateMany(filter, { stars: 5 })).rejects.toMatchObject(refused);
    }
    await expect(notes.deleteMany(misspelt)).rejects.toMatchObject(refused);
    expect(await notes.updateMany({ title: 'one' }, { stars: 5 })).toBe(1);
    expect(await notes.deleteMany({}, { all: true })).toBe(1);
  });

  it('are undone with the session that they are given', async () => {
    const session = connection.client.startSession();
    session.startTransaction();
    await notes.insert({ title: 'never' }, { session });
    expect(await notes.count({}, { session })).toBe(1);
    await session.abortTransaction();
    await session.endSession();
    expect(await notes.count({})).toBe(0);
  });
});

describe('reads', () => {
  it('stream everything, and free the cursor when the loop is left', async () => {
    for (let i = 0; i < 250; i += 1) await notes.insert({ title: `note ${i}`, stars: i });
    let count = 0;
    for await (const note of notes.stream({}, { sort: { stars: 1 } })) {
      expect(note.stars).toBe(count);
      count += 1;
    }
    expect(count).toBe(250);
    for await (const note of notes.stream({})) {
      expect(note.title).toMatch(/^note/);
      break;
    }
    expect(commands).toContain('killCursors');
  });

  it('tell whether there is one, and the values that there are', async () => {
    await notes.insert({ title: 'one', stars: 1 });
    await notes.insert({ title: 'two', stars: 1 });
    expect(await notes.exists({ title: 'one' })).toBe(true);
    expect(await notes.exists({ title: 'three' })).toBe(false);
    expect(await notes.distinct('stars', { title: trusted({ $ne: 'x' }) })).toEqual([1]);
  });

  it('by id become one query in a turn, with a document for each caller', async () => {
    const stored = await Promise.all(['one', 'two', 'three'].map(async (title) => notes.insert({ title })));
    commands = [];
    const ids = [...stored, ...stored].map(({ _id }) => _id);
    const [found, absent] = await Promise.all([
      Promise.all(ids.map(async (id) => notes.findById(id))),
      notes.findById(new mongo.ObjectId()),
    ]);
    expect(found).toEqual([...stored, ...stored]);
    expect(found[0]).not.toBe(found[3]);
    expect(absent).toBeNull();
    expect(commands).toEqual(['find']);
  });

  it('by id fail for nobody else: not for a bad id, nor for a call that is ended', async () => {
    const { _id } = await notes.insert({ title: 'one' });
    const abort = new AbortController();
    const [bad, ended, good] = await Promise.allSettled([
      notes.findById('not an id'),
      (async () => {
        const reading = notes.findById(_id, { signal: abort.signal });
        await nextTurn();
        abort.abort();
        return reading;
      })(),
      notes.findById(_id),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'FILTER_INVALID' } });
    expect(['rejected', 'fulfilled']).toContain(ended.status);
    expect(good).toMatchObject({ status: 'fulfilled', value: { title: 'one' } });
  });

  it('by id in a session see what it has written', async () => {
    const session = connection.client.startSession();
    session.startTransaction();
    const { _id } = await notes.insert({ title: 'mine' }, { session });
    expect(await notes.findById(_id, { session })).toMatchObject({ title: 'mine' });
    expect(await notes.findById(_id)).toBeNull();
    await session.abortTransaction();
    await session.endSession();
  });
});
