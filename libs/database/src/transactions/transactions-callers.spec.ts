import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { Schema } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import { DocumentStore } from '../document-store.ts';
import { MongoRepository } from '../repository/mongo.repository.ts';
import { Transactions } from './transactions.ts';

class ItemRepository extends MongoRepository<{ name: string }> {}

describe('the session of a transaction', () => {
  let database: TestDatabase;
  let connection: DatabaseConnection;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await TestDatabase.start();
    connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: database.uri }).database);
    await connection.connect();
  });
  afterAll(async () => {
    await connection.close();
    await database.stop();
    Logger.overrideLogger(true);
  });

  it('travels by itself to the repository and the document store', async () => {
    const items = new ItemRepository(
      connection.mongoose.model(
        'Item',
        new Schema<{ name: string }>({ name: { type: String, required: true } }),
      ),
      connection,
    );
    const store = new DocumentStore(connection);
    const undone = new Transactions(connection).run(async () => {
      const { _id } = await items.insert({ name: 'never' });
      await store.insertDocument('others', { name: 'never' });
      expect(await items.findById(_id)).toMatchObject({ name: 'never' });
      expect(await store.findDocuments('others')).toHaveLength(1);
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(await items.count({})).toBe(0);
    expect(await store.findDocuments('others')).toEqual([]);
  });
});
