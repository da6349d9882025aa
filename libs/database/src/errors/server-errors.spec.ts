import { once } from 'node:events';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { DatabaseError } from './database.error.ts';
import { toDatabaseError } from './to-database-error.ts';

/** Names, users and values of this suite hold this word; no message may. */
const SECRET = /secret|127\.0\.0\.1/i;

describe('what a server answers', () => {
  let server: MongodServer;
  let client: mongo.MongoClient;
  let items: mongo.Collection;

  beforeAll(async () => {
    server = await MongodServer.start({ replSet: true });
  });
  beforeEach(async () => {
    // One client a case: after some codes the driver does not use the server until its monitor has looked again.
    client = new mongo.MongoClient(server.uri('secretDb'), {
      retryReads: false,
      retryWrites: false,
      serverSelectionTimeoutMS: 2_000,
    });
    items = client.db().collection('secretItems');
    await client.connect();
  });
  afterEach(async () => {
    await client.close();
    await server.clearFailPoint();
  });
  afterAll(() => server.stop());

  async function nameOf(operation: Promise<unknown>): Promise<unknown> {
    const error = await operation.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const named = toDatabaseError(error);
    if (named instanceof DatabaseError) {
      expect(named.cause).toBe(error);
      expect(named.message).not.toMatch(SECRET);
      expect(named.message).not.toContain(String(server.port));
    }
    return named;
  }

  async function untilPrimary(): Promise<void> {
    while ((await server.command({ hello: 1 })).isWritablePrimary !== true);
  }

  describe('with a code', () => {
    it.each([
      [6, 'unreachable'],
      [7, 'unknown-host'],
      [18, 'authentication'],
      [64, 'not-confirmed'],
      [79, 'not-confirmed'],
      [89, 'no-answer'],
      [91, 'shutting-down'],
      [100, 'not-confirmed'],
      [112, 'write-conflict'],
      [133, 'no-primary'],
      [134, 'no-primary'],
      [189, 'no-primary'],
      [334, 'authentication'],
      [9001, 'connection-lost'],
      [10107, 'no-primary'],
      [11600, 'shutting-down'],
      [11602, 'no-primary'],
      [13435, 'no-primary'],
      [13436, 'no-primary'],
      [14031, 'no-space'],
    ])('%i is the database being unavailable: %s', async (errorCode, reason) => {
      await server.failPoint({ failCommands: ['find', 'insert'], errorCode });
      const expected = { code: 'DATABASE_UNAVAILABLE', reason };
      expect(await nameOf(items.findOne())).toMatchObject(expected);
    });

    it('is found in a bulk write, too', async () => {
      await server.failPoint({ failCommands: ['insert'], errorCode: 189 });
      expect(await nameOf(items.insertMany([{}]))).toMatchObject({ reason: 'no-primary' });
    });

    it.each([50, 202, 262])('%i is a time limit', async (errorCode) => {
      await server.failPoint({ failCommands: ['find'], errorCode });
      expect(await nameOf(items.findOne())).toMatchObject({ code: 'DATABASE_TIMEOUT' });
    });

    it.each([13, 8000])('%i is a right that the user lacks', async (errorCode) => {
      await server.failPoint({ failCommands: ['find'], errorCode });
      expect(await nameOf(items.findOne())).toMatchObject({ code: 'NOT_PERMITTED' });
    });

    it('that nobody knows passes unchanged', async () => {
      await server.failPoint({ failCommands: ['find'], errorCode: 5_555_555 });
      expect(await nameOf(items.findOne())).toMatchObject({ name: 'MongoServerError', code: 5_555_555 });
    });

    it('that nobody knows and a label to try again is a missing primary', async () => {
      const errorLabels = ['RetryableWriteError'];
      await server.failPoint({ failCommands: ['insert'], errorCode: 5_555_555, errorLabels });
      expect(await nameOf(items.insertOne({}))).toMatchObject({ reason: 'no-primary' });
    });

    it.each(['not master', 'not primary', 'not writable primary', 'node is recovering'])(
      'missing, the text "%s" tells the same',
      (message) => {
        const error = new mongo.MongoServerError({ message });
        expect(toDatabaseError(error)).toMatchObject({ reason: 'no-primary', cause: error });
      },
    );

    it('8000 of Atlas is authentication when the text says so', () => {
      const error = new mongo.MongoServerError({ message: 'bad auth : Authentication failed.', code: 8000 });
      expect(toDatabaseError(error)).toMatchObject({ reason: 'authentication', cause: error });
    });
  });

  describe('that the majority did not confirm', () => {
    const writeConcernError = { code: 64, errmsg: 'secretHost waiting for replication timed out' };

    it.each<[string, () => Promise<unknown>]>([
      ['one insert', () => items.insertOne({})],
      ['many inserts', () => items.insertMany([{}, {}])],
      ['a bulk write', () => items.bulkWrite([{ insertOne: { document: {} } }], { ordered: false })],
    ])('is told after %s', async (_, write) => {
      await server.failPoint({ failCommands: ['insert'], writeConcernError });
      expect(await nameOf(write())).toMatchObject({ reason: 'not-confirmed' });
    });
  });

  it('ends an operation at its time limit', async () => {
    await server.failPoint({ failCommands: ['find'], blockConnection: true, blockTimeMS: 200 });
    const find = items.findOne({}, { maxTimeMS: 50 });
    expect(await nameOf(find)).toMatchObject({ code: 'DATABASE_TIMEOUT' });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a find', () => items.findOne()],
    ['one insert', () => items.insertOne({})],
    ['many inserts', () => items.insertMany([{}])],
  ])('closes the connection during %s', async (_, operation) => {
    await server.failPoint({ failCommands: ['find', 'insert'], closeConnection: true });
    expect(await nameOf(operation())).toMatchObject({ reason: 'connection-lost' });
  });

  describe('about a unique index', () => {
    beforeEach(async () => {
      await items.createIndexes([
        { key: { email: 1 }, unique: true, sparse: true, name: 'secretIndex' },
        { key: { 'owner.id': 1, first_name: -1 }, unique: true, sparse: true },
        { key: { nick: 1, realm: 1 }, unique: true, sparse: true, collation: { locale: 'en' } },
      ]);
      await items.insertOne({
        email: 'secret@example.org',
        owner: { id: 'secretId' },
        first_name: 'secretName',
      });
      await items.insertOne({ nick: 'secretNick', realm: 1 });
    });
    afterEach(() => items.drop());

    // New objects each time: the driver puts an _id into those that it inserts.
    const email = () => ({ email: 'secret@example.org' });
    const nick = () => ({ nick: 'secretNick', realm: 1 });
    const owner = () => ({ owner: { id: 'secretId' }, first_name: 'secretName' });
    const _id = new mongo.ObjectId();
    const both = ['owner.id', 'first_name'];

    it.each<[string, string[], () => Promise<unknown>]>([
      ['its field', ['email'], () => items.insertOne(email())],
      ['all of its fields', both, () => items.insertOne(owner())],
      [
        'its field after an update',
        ['email'],
        () => items.updateOne({ nick: 'secretNick' }, { $set: email() }),
      ],
      ['its field in many inserts', ['email'], () => items.insertMany([{}, email()])],
      ['all of its fields in many inserts', both, () => items.insertMany([owner()])],
      ['all of its fields beside a collation', ['nick', 'realm'], () => items.insertMany([nick()])],
      ['the first of several', ['email'], () => items.insertMany([email(), owner()], { ordered: false })],
      ['the id', ['_id'], () => items.insertMany([{ _id }, { _id }])],
    ])('names %s', async (_, fields, write) => {
      const named = await nameOf(write());
      expect(named).toMatchObject({ code: 'DUPLICATE_KEY', fields });
      expect((named as DatabaseError).message).toBe(
        `Another document already has this ${fields.join(' + ')}`,
      );
    });

    it('takes no part of a value for a field', async () => {
      const forged = { nick: 'a", secretField: "b' };
      await items.insertOne({ ...forged });
      expect(await nameOf(items.insertMany([{ ...forged }]))).toMatchObject({ fields: ['nick', 'realm'] });
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['one insert', () => items.insertOne({})],
    ['many inserts', () => items.insertMany([{}])],
  ])('is nothing while there is no primary for %s', async (_, write) => {
    const changed = once(client, 'serverDescriptionChanged');
    await server.command({ replSetStepDown: 60, secondaryCatchUpPeriodSecs: 0, force: true });
    await changed;
    expect(await nameOf(write())).toMatchObject({
      reason: 'no-primary',
      cause: { reason: { type: 'ReplicaSetNoPrimary' } },
    });
    await server.command({ replSetFreeze: 0 });
    await untilPrimary();
  });

  describe('within a transaction', () => {
    it('that collides with another one, and when that is over', async () => {
      const _id = new mongo.ObjectId();
      await items.insertOne({ _id });
      await using first = client.startSession();
      await using second = client.startSession();
      first.startTransaction();
      second.startTransaction();
      await items.updateOne({ _id }, { $set: { by: 'secret first' } }, { session: first });
      const update = (): Promise<unknown> =>
        items.updateOne({ _id }, { $set: { by: 'secret second' } }, { session: second });
      expect(await nameOf(update())).toMatchObject({ reason: 'write-conflict', cause: { code: 112 } });
      expect(await nameOf(update())).toMatchObject({ reason: 'write-conflict', cause: { code: 251 } });
    });
  });
});
