import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { createEveryKind } from './backup-kinds.ts';
import { runOps, type Outcome } from './run-ops.ts';

const PASSWORD = 'a password of the tests';

describe('The rights that docs/backup.md names', () => {
  let server: MongodServer;
  let client: mongo.MongoClient;
  let out: string;
  beforeAll(async () => {
    server = await MongodServer.start({ auth: { username: 'root', password: PASSWORD }, replSet: true });
    client = await new mongo.MongoClient(server.uri()).connect();
    await createEveryKind(client.db('app'));
    out = await mkdtemp(join(tmpdir(), 'backups-'));
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
    await rm(out, { recursive: true, force: true });
  });

  const opsAs = async (name: string, roles: string[], args: string[]): Promise<Outcome> => {
    await client.db('admin').command({ createUser: name, pwd: PASSWORD, roles });
    const { host } = new URL(server.uri('app'));
    const uri = `mongodb://${name}:${encodeURIComponent(PASSWORD)}@${host}/app?authSource=admin`;
    return runOps(args, { MONGODB_URI: uri });
  };

  it('are enough to make a backup and to drill it', async () => {
    const create = ['backup', 'create', '--out', out, '--name', 'one'];
    expect(await opsAs('maker', ['backup'], create)).toMatchObject({ code: 0 });
    const drill = ['backup', 'verify', join(out, 'one'), '--drill'];
    const roles = ['readWriteAnyDatabase', 'dbAdminAnyDatabase'];
    expect(await opsAs('driller', roles, drill)).toMatchObject({ code: 0 });
    const { databases } = await client.db('admin').admin().listDatabases();
    expect(databases.map(({ name }) => name).filter((name) => name.startsWith('drill_'))).toEqual([]);
  });
});
