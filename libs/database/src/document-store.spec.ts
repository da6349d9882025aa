import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { mongo } from 'mongoose';
import { TestDatabase } from '../../../test/support/test-database.ts';
import { DatabaseConnection } from './connection/database-connection.ts';
import { DocumentStore } from './document-store.ts';

describe(DocumentStore.name, () => {
  let database: TestDatabase;
  let connection: DatabaseConnection;
  let store: DocumentStore;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await TestDatabase.start();
    connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: database.uri }).database);
    connection.start();
    await connection.whenSettled();
    store = new DocumentStore(connection);
  });
  afterEach(() => database.clear());
  afterAll(async () => {
    await connection.close();
    await database.stop();
    Logger.overrideLogger(true);
  });

  describe('getDb', () => {
    it('is the configured database', () => {
      expect(store.getDb().databaseName).toBe(database.name);
    });

    it('throws before the first connection', () => {
      const unconnected = new DocumentStore(new DatabaseConnection(loadConfiguration({}).database));
      expect(() => unconnected.getDb()).toThrow('No connection has been made yet');
    });
  });

  describe('insertDocument', () => {
    it('stores the document and returns its id', async () => {
      const document = { kind: 'example', tags: ['a'] };
      const id = await store.insertDocument('items', document);
      expect(id).toBeInstanceOf(mongo.ObjectId);
      expect(await store.findDocuments('items')).toEqual([{ _id: id, ...document }]);
    });

    it('leaves the given object alone', async () => {
      const document = { kind: 'example' };
      await store.insertDocument('items', document);
      expect(document).toEqual({ kind: 'example' });
    });

    it('keeps an id that the document brings', async () => {
      expect(await store.insertDocument('items', { _id: 'mine' })).toBe('mine');
      const second = store.insertDocument('items', { _id: 'mine' });
      await expect(second).rejects.toMatchObject({ code: 'DUPLICATE_KEY', fields: ['_id'] });
    });
  });

  describe('findDocuments', () => {
    beforeEach(async () => {
      const documents = Array.from({ length: 120 }, (_, index) => ({ _id: index, isEven: index % 2 === 0 }));
      await database.db.collection<{ _id: number }>('items').insertMany(documents);
    });

    it('finds those that match', async () => {
      const found = await store.findDocuments('items', { isEven: true, _id: { $lt: 5 } });
      expect(found.map(({ _id }) => _id)).toEqual([0, 2, 4]);
    });

    it.each([
      ['100 without a limit', undefined, 100],
      ['as many as the limit says', { limit: 3 }, 3],
      ['none when the limit is 0', { limit: 0 }, 0],
      ['all when the limit is above their number', { limit: 1_000 }, 120],
    ])('returns %s', async (_, options, count) => {
      expect(await store.findDocuments('items', {}, options)).toHaveLength(count);
    });

    it('returns [] when nothing matches, and for a collection that is not there', async () => {
      expect(await store.findDocuments('items', { _id: 'absent' })).toEqual([]);
      expect(await store.findDocuments('absent')).toEqual([]);
    });
  });

  describe('updateDocument', () => {
    it('sets the given fields on the first match and keeps the others', async () => {
      await store.insertDocument('items', { _id: 1, kind: 'a', note: 'kept', nested: { x: 1, y: 1 } });
      await store.insertDocument('items', { _id: 2, kind: 'a' });
      expect(await store.updateDocument('items', { kind: 'a' }, { kind: 'b', 'nested.x': 2 })).toBe(1);
      expect(await store.findDocuments('items')).toEqual([
        { _id: 1, kind: 'b', note: 'kept', nested: { x: 2, y: 1 } },
        { _id: 2, kind: 'a' },
      ]);
    });

    it('counts a match that already has the values, and nothing else', async () => {
      await store.insertDocument('items', { _id: 1, kind: 'a' });
      expect(await store.updateDocument('items', { _id: 1 }, { kind: 'a' })).toBe(1);
      expect(await store.updateDocument('items', { _id: 2 }, { kind: 'a' })).toBe(0);
      expect(await store.findDocuments('items')).toHaveLength(1);
    });

    it.each([
      ['nothing', {}, { path: '', message: 'there is nothing to change' }],
      [
        'an operator',
        { $unset: { kind: '' } },
        { path: '$unset', message: 'is an operator: give the fields to set' },
      ],
      [
        'an operator among fields',
        { kind: 'b', $inc: { n: 1 } },
        { path: '$inc', message: 'is an operator: give the fields to set' },
      ],
    ])('refuses %s', async (_, changes, problem) => {
      await store.insertDocument('items', { _id: 1, kind: 'a' });
      const update = store.updateDocument('items', { _id: 1 }, changes);
      await expect(update).rejects.toMatchObject({ code: 'FILTER_INVALID', problems: [problem] });
      expect(await store.findDocuments('items')).toEqual([{ _id: 1, kind: 'a' }]);
    });
  });

  describe('deleteDocument', () => {
    it('deletes the first match and counts it', async () => {
      await store.insertDocument('items', { _id: 1, kind: 'a' });
      await store.insertDocument('items', { _id: 2, kind: 'a' });
      expect(await store.deleteDocument('items', { kind: 'a' })).toBe(1);
      expect(await store.findDocuments('items')).toEqual([{ _id: 2, kind: 'a' }]);
      expect(await store.deleteDocument('items', { kind: 'b' })).toBe(0);
    });
  });

  describe('testConnection', () => {
    it('resolves when the database can be used', async () => {
      await expect(store.testConnection()).resolves.toBeUndefined();
      await expect(store.testConnection(AbortSignal.timeout(1_000))).resolves.toBeUndefined();
    });

    it('rejects with the cause when it cannot', async () => {
      const closed = new DatabaseConnection(loadConfiguration({ MONGODB_URI: database.uri }).database);
      await closed.close();
      const test = new DocumentStore(closed).testConnection();
      await expect(test).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', reason: 'closed' });
    });
  });

  it('bounds the work of the server on each call', async () => {
    const limits: Record<string, unknown> = {};
    const note = ({ commandName, command }: mongo.CommandStartedEvent): void => {
      limits[commandName] = command.maxTimeMS;
    };
    connection.client.on('commandStarted', note);
    await store.findDocuments('items');
    await store.updateDocument('items', {}, { kind: 'b' });
    await store.deleteDocument('items', {});
    connection.client.off('commandStarted', note);
    expect(limits).toEqual({ find: 10_000, update: 10_000, delete: 10_000 });
  });

  it.each([
    ['insertDocument', () => store.insertDocument('items', { 'a\0b': 1 }), 'DOCUMENT_INVALID'],
    ['findDocuments', () => store.findDocuments('items', { 'a\0b': 1 }), 'DOCUMENT_INVALID'],
    ['updateDocument', () => store.updateDocument('items', {}, { 'a\0b': 1 }), 'DOCUMENT_INVALID'],
    ['deleteDocument', () => store.deleteDocument('items', { 'a\0b': 1 }), 'DOCUMENT_INVALID'],
  ])('names the errors of %s', async (_, call, code) => {
    await expect(call()).rejects.toMatchObject({ code });
  });
});
