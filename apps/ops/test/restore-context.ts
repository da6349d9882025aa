import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { createBackup } from '../src/backup/create-backup.ts';
import { createEveryKind, describeDatabase } from './restore-fixture.ts';

/** A server whose database `every` has every kind of collection, and a folder for its backups. */
export class RestoreContext {
  readonly server: MongodServer;
  /** Tells of its commands. */
  readonly client: mongo.MongoClient;
  readonly folder: string;
  /** What `every` holds, as `describeDatabase` says it. */
  readonly source: string[];

  private constructor(server: MongodServer, client: mongo.MongoClient, folder: string, source: string[]) {
    this.server = server;
    this.client = client;
    this.folder = folder;
    this.source = source;
  }

  static async start(): Promise<RestoreContext> {
    const server = await MongodServer.start();
    const client = await new mongo.MongoClient(server.uri(), { monitorCommands: true }).connect();
    const folder = await mkdtemp(join(tmpdir(), 'restore-'));
    await createEveryKind(client.db('every'));
    return new RestoreContext(server, client, folder, await describeDatabase(client.db('every')));
  }

  /** @returns The path of a new backup of `every`, to be restored or damaged */
  async backup(name: string): Promise<string> {
    return (await createBackup({ db: this.client.db('every'), out: this.folder, name })).path;
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
