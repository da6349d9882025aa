import { mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { insertRaw, type RawDocuments } from './insert-raw.ts';

function raw(documents: mongo.Document[]): RawDocuments {
  const bytes = Buffer.concat(documents.map((document) => mongo.BSON.serialize(document)));
  return { bytes, count: documents.length };
}

describe(insertRaw.name, () => {
  let server: MongodServer;
  let client: mongo.MongoClient;
  let db: mongo.Db;
  beforeAll(async () => {
    server = await MongodServer.start({ replSet: true });
    client = await new mongo.MongoClient(server.uri()).connect();
    db = client.db('raw');
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  it('stores the bytes as they are', async () => {
    const documents = raw([
      { _id: 1, list: [new mongo.BSON.Double(1)] },
      { _id: 2, deep: { text: 'ü' } },
    ]);
    await expect(insertRaw(db.collection('plain'), documents)).resolves.toEqual({ inserted: 2, refused: [] });
    const found = await db.collection('plain').find({}, { raw: true }).sort({ _id: 1 }).toArray();
    expect(Buffer.concat(found as unknown as Buffer[]).equals(documents.bytes)).toBe(true);
  });

  it('says which documents the server refuses, and stores the others', async () => {
    const documents = raw([{ _id: 1 }, { _id: 2 }, { _id: 1 }, { _id: 3 }, { _id: 2 }]);
    const { inserted, refused } = await insertRaw(db.collection('refusing'), documents);
    expect(inserted).toBe(3);
    expect(refused).toEqual([
      { place: 2, code: 11_000, message: expect.stringContaining('duplicate key') },
      { place: 4, code: 11_000, message: expect.stringContaining('duplicate key') },
    ]);
  });

  it('stores documents that break the validator, if it is told to', async () => {
    const options = { bypassDocumentValidation: true };
    await db.createCollection('strict', { validator: { n: { $type: 'int' } } });
    await expect(
      insertRaw(db.collection('strict'), raw([{ n: 'no number' }]), options),
    ).resolves.toMatchObject({
      inserted: 1,
    });
  });

  it('stores documents once when the connection is lost before the answer', async () => {
    await server.failPoint({ failCommands: ['insert'], mode: { times: 1 }, closeConnection: true });
    const documents = raw(Array.from({ length: 1_000 }, (_, _id) => ({ _id })));
    await expect(insertRaw(db.collection('lost'), documents)).resolves.toEqual({
      inserted: 1_000,
      refused: [],
    });
    await expect(db.collection('lost').countDocuments()).resolves.toBe(1_000);
  });

  it('throws when it is not known what was stored', async () => {
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
    await server.failPoint({ failCommands: ['insert'], mode: { times: 1 }, writeConcernError });
    await expect(insertRaw(db.collection('unsure'), raw([{ _id: 1 }]))).rejects.toThrow('timed out');
  });
});
