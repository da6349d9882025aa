import { randomUUID } from 'node:crypto';
import { mongo } from 'mongoose';

/** A database of its own name on the server that all tests share. */
export class TestDatabase {
  /** Connection string that names this database. */
  readonly uri: string;
  readonly name: string;
  readonly db: mongo.Db;
  readonly #client: mongo.MongoClient;

  private constructor(client: mongo.MongoClient, serverUri: string, name: string) {
    this.#client = client;
    this.name = name;
    this.db = client.db(name);
    const uri = new URL(serverUri);
    uri.pathname = `/${name}`;
    this.uri = uri.href;
  }

  /** Needs the server that the global setup of Jest starts. */
  static async start(): Promise<TestDatabase> {
    const serverUri = process.env.TEST_MONGODB_URI;
    if (serverUri === undefined) throw new Error('TEST_MONGODB_URI is not set: run this through Jest');
    const client = new mongo.MongoClient(serverUri, { serverSelectionTimeoutMS: 10_000 });
    await client.connect();
    return new TestDatabase(client, serverUri, `test_${randomUUID().replaceAll('-', '')}`);
  }

  /** Deletes every document; collections and indexes stay. */
  async clear(): Promise<void> {
    const collections = await this.db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray();
    await Promise.all(
      collections
        .filter(({ name }) => !name.startsWith('system.'))
        .map(({ name }) => this.db.collection(name).deleteMany({})),
    );
  }

  /** Drops the database and disconnects. */
  async stop(): Promise<void> {
    try {
      await this.db.dropDatabase();
    } finally {
      await this.#client.close();
    }
  }
}
