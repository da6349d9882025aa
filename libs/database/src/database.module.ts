import { databaseConfig, type DatabaseConfig } from '#config';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { getConnectionToken, getModelToken, type ModelDefinition } from '@nestjs/mongoose';
import { DatabaseConnection } from './connection/database-connection.ts';
import { DocumentStore } from './document-store.ts';
import { IndexKeeper } from './indexes/index-keeper.ts';
import { Transactions } from './transactions/transactions.ts';

/** The connection of the process, and models on it. Import it where the database is used; there is one connection all the same. */
@Module({
  imports: [ConfigModule.forFeature(databaseConfig)],
  providers: [
    DatabaseConnection,
    DocumentStore,
    Transactions,
    {
      provide: IndexKeeper,
      inject: [DatabaseConnection, databaseConfig.KEY],
      useFactory: (connection: DatabaseConnection, { indexes }: DatabaseConfig) =>
        new IndexKeeper(connection, indexes),
    },
    {
      provide: getConnectionToken(),
      inject: [DatabaseConnection],
      useFactory: (connection: DatabaseConnection) => connection.mongoose,
    },
  ],
  exports: [DatabaseConnection, DocumentStore, IndexKeeper, Transactions, getConnectionToken()],
})
export class DatabaseModule {
  /**
   * Registers schemas; each is injected with `@InjectModel(name)`.
   *
   * @param definitions - `{ name, schema, collection? }` of `@nestjs/mongoose`
   */
  static forFeature(definitions: ModelDefinition[]): DynamicModule {
    const models = definitions.map(toProvider);
    return {
      module: FeatureModels,
      imports: [DatabaseModule],
      providers: models,
      exports: [DatabaseModule, ...models],
    };
  }
}

@Module({})
class FeatureModels {}

function toProvider({ name, schema, collection }: ModelDefinition): Provider {
  return {
    provide: getModelToken(name),
    inject: [DatabaseConnection],
    useFactory: ({ mongoose }: DatabaseConnection) =>
      mongoose.models[name] ?? mongoose.model(name, schema, collection),
  };
}
