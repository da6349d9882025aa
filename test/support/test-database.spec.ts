import { mongo } from 'mongoose';
import { TestDatabase } from './test-database.ts';

describe(TestDatabase.name, () => {
  it('has a database of its own, empties it and drops it', async () => {
    const [one, two] = await Promise.all([TestDatabase.start(), TestDatabase.start()]);
    await one.db.collection('items').createIndex({ name: 1 }, { unique: true });
    await one.db.collection('items').insertOne({ name: 'a' });
    await two.db.collection('items').insertOne({ name: 'b' });
    await one.clear();
    expect(await one.db.collection('items').countDocuments()).toBe(0);
    expect(await one.db.collection('items').indexExists('name_1')).toBe(true);
    expect(await two.db.collection('items').countDocuments()).toBe(1);
    await one.stop();
    const databases = await two.db.admin().listDatabases({ nameOnly: true });
    expect(databases.databases.map(({ name }) => name)).not.toContain(one.name);
    await two.stop();
  });

  it('gives a URI that leads to the same database, on a replica set', async () => {
    const database = await TestDatabase.start();
    const client = new mongo.MongoClient(database.uri);
    try {
      await client.withSession((session) =>
        session.withTransaction(() => client.db().collection('items').insertOne({}, { session })),
      );
      expect(await database.db.collection('items').countDocuments()).toBe(1);
    } finally {
      await client.close();
      await database.stop();
    }
  });
});
