import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { DatabaseConnection } from '../../libs/database/src/connection/database-connection.ts';
import { TestDatabase } from './test-database.ts';

/** A connection of the library to a database of its own, for tests of repositories without an application. */
export class TestConnection {
  readonly database: TestDatabase;
  readonly connection: DatabaseConnection;

  private constructor(database: TestDatabase, connection: DatabaseConnection) {
    this.database = database;
    this.connection = connection;
  }

  /** Connected; the application's log is silent until {@link stop}. */
  static async start(): Promise<TestConnection> {
    Logger.overrideLogger(false);
    const database = await TestDatabase.start();
    const connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: database.uri }).database);
    connection.start();
    await connection.whenSettled();
    return new TestConnection(database, connection);
  }

  /** Deletes every document. */
  async clear(): Promise<void> {
    await this.database.clear();
  }

  async stop(): Promise<void> {
    await this.connection.close();
    await this.database.stop();
    Logger.overrideLogger(true);
  }
}
