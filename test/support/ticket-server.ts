import { loadConfiguration } from '#config';
import { DatabaseConnection, MongoRepository } from '#database';
import { Logger } from '@nestjs/common';
import { Schema, type mongo } from 'mongoose';
import { MongodServer } from './mongod-server.ts';

export interface Ticket {
  _id: string;
  title: string;
  seat: number;
  row: number;
  sold: number;
}

export class TicketRepository extends MongoRepository<Ticket> {
  async titles(): Promise<unknown[]> {
    return this.aggregate([{ $group: { _id: '$title' } }, { $sort: { _id: 1 } }]);
  }
}

const schema = new Schema<Ticket>({
  _id: { type: String, required: true },
  title: { type: String, default: 'none' },
  seat: Number,
  row: Number,
  sold: { type: Number, default: 0 },
});
/** Middleware makes every write go through Mongoose. */
const hooked = schema.clone().pre('save', () => undefined);

/** Repositories on a server of their own, since a failpoint hits everybody on it, and the commands that were sent to it. */
export class TicketServer {
  readonly mongod: MongodServer;
  readonly connection: DatabaseConnection;
  readonly compiled: TicketRepository;
  readonly throughMongoose: TicketRepository;
  readonly commands: mongo.CommandStartedEvent[] = [];

  private constructor(mongod: MongodServer) {
    this.mongod = mongod;
    const configuration = loadConfiguration({ MONGODB_URI: mongod.uri('shop') });
    this.connection = new DatabaseConnection(configuration.database);
    const { mongoose } = this.connection;
    this.compiled = new TicketRepository(mongoose.model('Ticket', schema), this.connection);
    this.throughMongoose = new TicketRepository(mongoose.model('Hooked', hooked), this.connection);
  }

  /** Connected; the log is silent until {@link stop}. */
  static async start(): Promise<TicketServer> {
    Logger.overrideLogger(false);
    const server = new TicketServer(await MongodServer.start({ replSet: true }));
    const { connection } = server;
    connection.start();
    await connection.whenSettled();
    for (const name of ['tickets', 'hookeds'])
      await connection.db.collection(name).createIndex({ row: 1, seat: -1 }, { unique: true, sparse: true });
    connection.client.on('commandStarted', (event) => server.commands.push(event));
    return server;
  }

  /** Names of the commands sent since {@link reset}. */
  get sent(): string[] {
    return this.commands.map(({ commandName }) => commandName);
  }

  /** Two tickets in each collection, no failpoint, and no command sent. */
  async reset(): Promise<void> {
    await this.mongod.clearFailPoint();
    for (const repository of [this.compiled, this.throughMongoose]) {
      await repository.deleteMany({}, { all: true });
      await repository.insert({ _id: 'one', title: 'One', seat: 1, row: 1 });
      await repository.insert({ _id: 'two', title: 'Two', seat: 2, row: 1 });
    }
    this.forget();
  }

  /** Empties the list of what was sent. */
  forget(): void {
    this.commands.length = 0;
  }

  async stop(): Promise<void> {
    Logger.overrideLogger(true);
    await this.connection.close();
    await this.mongod.stop();
  }
}
