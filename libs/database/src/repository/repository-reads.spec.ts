import { Schema } from 'mongoose';
import { loadConfiguration } from '#config';
import { TestConnection } from '../../../../test/support/test-connection.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import { CURSOR_KEYS } from '../page/cursor-key.ts';
import { Transactions } from '../transactions/transactions.ts';
import { MongoRepository } from './mongo.repository.ts';

interface Song {
  title: string;
  year: number | null;
}

class SongRepository extends MongoRepository<Song> {}

const schema = new Schema<Song>({ title: { type: String, required: true }, year: Number });

let context: TestConnection;
let songs: SongRepository;
beforeAll(async () => {
  context = await TestConnection.start();
  songs = repositoryOn(context.connection);
});
beforeEach(async () => {
  for (let i = 0; i < 25; i += 1)
    await songs.insert({ title: `Song ${i}`, year: i % 4 === 0 ? null : 1960 + (i % 4) });
});
afterEach(() => context.clear());
afterAll(() => context.stop());

function repositoryOn(connection: DatabaseConnection): SongRepository {
  const { mongoose } = connection;
  return new SongRepository(mongoose.models.Song ?? mongoose.model<Song>('Song', schema), connection);
}

describe('findPage', () => {
  it('goes through everything once, and back', async () => {
    const sort = { year: -1, title: 1 } as const;
    const all = await songs.find({}, { sort });
    const titles: string[] = [];
    let page = await songs.findPage({}, { sort, limit: 7 });
    expect(page.previous).toBeNull();
    for (;;) {
      titles.push(...page.items.map(({ title }) => title));
      if (page.next === null) break;
      page = await songs.findPage({}, { sort, limit: 7, cursor: page.next });
    }
    expect(titles).toEqual(all.map(({ title }) => title));
    const cursor = page.previous ?? undefined;
    const before = await songs.findPage({}, { sort, limit: 7, cursor });
    expect(before.items).toEqual(all.slice(14, 21));
  });

  it('casts the filter, and counts when asked to', async () => {
    const filter = { year: '1961' as unknown as number };
    const page = await songs.findPage(filter, { limit: 2, count: 'exact' });
    expect(page.items).toHaveLength(2);
    expect(page.total).toBe(6);
    expect((await songs.findPage({}, { count: 'estimated' })).total).toBe(25);
    expect((await songs.findPage({})).items).toHaveLength(20);
  });

  it('refuses a cursor that was changed, or belongs to another filter or sort', async () => {
    const { next } = await songs.findPage({}, { limit: 5 });
    const cursor = next ?? '';
    const changed = `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`;
    const refused = { code: 'CURSOR_INVALID' };
    await expect(songs.findPage({ year: 1961 }, { cursor })).rejects.toMatchObject(refused);
    await expect(songs.findPage({}, { cursor, sort: { title: 1 } })).rejects.toMatchObject(refused);
    await expect(songs.findPage({}, { cursor: changed })).rejects.toMatchObject(refused);
    await expect(songs.findPage({}, { cursor: '' })).rejects.toMatchObject(refused);
  });

  it('refuses to sort by what the schema does not know', async () => {
    const sort = { titel: 1 } as const;
    const refused = { code: 'FILTER_INVALID', problems: [{ path: 'titel' }] };
    await expect(songs.findPage({}, { sort })).rejects.toMatchObject(refused);
    await expect(songs.find({}, { sort })).rejects.toMatchObject(refused);
  });

  it('gives out cursors that another instance takes', async () => {
    const config = loadConfiguration({ MONGODB_URI: context.database.uri }).database;
    const other = new DatabaseConnection(config);
    const third = new DatabaseConnection(config);
    await context.database.db.collection(CURSOR_KEYS).drop();
    try {
      await Promise.all([other.connect(), third.connect()]);
      const [a, b] = await Promise.all([
        repositoryOn(other).findPage({}, { limit: 5 }),
        repositoryOn(third).findPage({}, { limit: 5 }),
      ]);
      expect(a).toEqual(b);
      const following = await repositoryOn(third).findPage({}, { limit: 5, cursor: a.next ?? '' });
      expect(following.items[0]?.title).toBe('Song 5');
      const keys = await context.database.db.collection(CURSOR_KEYS).find().toArray();
      expect(keys).toHaveLength(1);
    } finally {
      await Promise.all([other.close(), third.close()]);
    }
  });
});

it('reads the first of a sort', async () => {
  expect(await songs.findOne({}, { sort: { title: -1 } })).toMatchObject({ title: 'Song 9' });
});

it('estimates the count also inside a transaction', async () => {
  const transactions = new Transactions(context.connection);
  expect(await transactions.run(async () => songs.estimatedCount())).toBe(25);
});

it('follows the changes of its documents', async () => {
  const opened = Promise.withResolvers<void>();
  const changes = songs.watch({ onOpen: () => opened.resolve(), kinds: ['insert', 'delete'] });
  const first = changes.next();
  await opened.promise;
  const { _id } = await songs.insert({ title: 'New', year: 2000 });
  expect((await first).value).toMatchObject({ kind: 'insert', id: _id, document: { title: 'New' } });
  await songs.deleteById(_id);
  expect((await changes.next()).value).toMatchObject({ kind: 'delete', id: _id });
  await changes.return();
});
