import { loadConfiguration, type DatabaseConfig } from '#config';
import { Logger } from '@nestjs/common';
import { Schema, type mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { toClientOptions } from './client-options.ts';
import { DatabaseConnection } from './database-connection.ts';

describe(toClientOptions.name, () => {
  let database: TestDatabase;
  const opened: DatabaseConnection[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await TestDatabase.start();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((connection) => connection.close()));
  });
  afterAll(async () => {
    await database.stop();
    Logger.overrideLogger(true);
  });

  async function connect(uri: string, settings: Partial<DatabaseConfig> = {}): Promise<DatabaseConnection> {
    const connection = new DatabaseConnection({
      ...loadConfiguration({ MONGODB_URI: uri }).database,
      ...settings,
    });
    opened.push(connection);
    connection.start();
    await connection.whenSettled();
    return connection;
  }

  /** The server that all tests share, with a database in the connection string that is not the configured one. */
  function connectTwoNames(): Promise<DatabaseConnection> {
    const uri = new URL(database.uri);
    uri.pathname = '/in_uri';
    return connect(uri.href, { database: database.name });
  }

  it('sets the pool and the times as configured', async () => {
    const { client } = await connect(database.uri);
    expect(client.options).toMatchObject({
      maxPoolSize: 100,
      minPoolSize: 0,
      connectTimeoutMS: 30_000,
      serverSelectionTimeoutMS: 5_000,
      waitQueueTimeoutMS: 5_000,
      socketTimeoutMS: 20_000,
    });
    const settings = { maxPoolSize: 7, minPoolSize: 1, connectTimeoutMs: 2_000, socketTimeoutMs: 3_000 };
    const other = await connect(database.uri, settings);
    expect(other.client.options).toMatchObject({
      maxPoolSize: 7,
      minPoolSize: 1,
      connectTimeoutMS: 2_000,
      socketTimeoutMS: 3_000,
    });
  });

  it('leaves to the connection string what it says, and has its own defaults otherwise', async () => {
    const own = await connect(database.uri);
    expect(own.client.options).toMatchObject({
      appName: 'openai-outreach',
      retryReads: true,
      retryWrites: true,
    });
    const options =
      'appName=other&retryReads=false&retryWrites=false&maxPoolSize=8&minPoolSize=1&connectTimeoutMS=2000&serverSelectionTimeoutMS=2001&waitQueueTimeoutMS=2002&socketTimeoutMS=2003&wtimeoutMS=2004';
    const { client } = await connect(`${database.uri}&${options}`);
    expect(client.options).toMatchObject({
      appName: 'other',
      retryReads: false,
      retryWrites: false,
      maxPoolSize: 8,
      minPoolSize: 1,
      connectTimeoutMS: 2_000,
      serverSelectionTimeoutMS: 2_001,
      waitQueueTimeoutMS: 2_002,
      socketTimeoutMS: 2_003,
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: 2_004 },
    });
  });

  it.each(['journal', 'j', 'fsync'])(
    'confirms each write by majority and journal despite w=1&%s=false',
    async (option) => {
      const { client, db, mongoose } = await connect(`${database.uri}&w=1&${option}=false`);
      const inserts: mongo.CommandStartedEvent[] = [];
      client.on('commandStarted', (event) => event.commandName === 'insert' && inserts.push(event));
      await db.collection('items').insertOne({});
      await mongoose.collection('items').insertOne({});
      const command = { writeConcern: { w: 'majority', j: true, wtimeout: 10_000 } };
      expect(inserts).toMatchObject([{ command }, { command }]);
    },
  );

  it('has the driver and the models of Mongoose use the configured database', async () => {
    const connection = await connectTwoNames();
    const model = connection.mongoose.model('Item', new Schema({ name: String }));
    await model.create({ name: 'of Mongoose' });
    await connection.db.collection('items').insertOne({ name: 'of the driver' });
    const names = await database.db.collection('items').distinct('name');
    expect(new Set(names)).toEqual(new Set(['of Mongoose', 'of the driver']));
  });

  it('looks the user up where the connection string says', async () => {
    const server = await MongodServer.start({ auth: { username: 'root', password: 'right' } });
    try {
      const { client } = await connect(server.uri());
      const roles = [{ role: 'readWrite', db: 'shop' }];
      await client.db('users').command({ createUser: 'ada', pwd: 'ada', roles });
      const connection = await connect(`mongodb://ada:ada@127.0.0.1:${server.port}/users`, {
        database: 'shop',
      });
      await expect(connection.check()).resolves.toBeUndefined();
    } finally {
      await Promise.all(opened.splice(0).map((connection) => connection.close()));
      await server.stop();
    }
  });
});
