import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { runOps, runOpsByNpm, type Child, type Outcome } from './run-ops.ts';

// The end comes at the first line that a command prints, while the server takes its time.
describe('A command that is ended', () => {
  let server: MongodServer;
  let client: mongo.MongoClient;
  let out: string;
  beforeAll(async () => {
    server = await MongodServer.start();
    client = await new mongo.MongoClient(server.uri()).connect();
    for (const name of ['first', 'second', 'third'])
      await client.db('app').collection(name).insertMany([{ name }, { name }]);
  });
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'backups-'));
  });
  afterEach(async () => {
    await server.clearFailPoint();
    for (const name of await databases()) if (name !== 'app') await client.db(name).dropDatabase();
    await rm(out, { recursive: true });
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  const ops = (args: string[], signal?: NodeJS.Signals): Promise<Outcome> =>
    runOps(
      args,
      { MONGODB_URI: server.uri('app') },
      signal && { whenItPrints: (child) => child.kill(signal) },
    );
  const create = (signal?: NodeJS.Signals) =>
    ops(['backup', 'create', '--out', out, '--name', 'one'], signal);
  const slowDown = (command: string, blockTimeMS = 1_500): Promise<void> =>
    server.failPoint({ failCommands: [command], blockConnection: true, blockTimeMS });
  const databases = async (): Promise<string[]> => {
    const { databases: found } = await client.db('admin').admin().listDatabases();
    return found.map(({ name }) => name).filter((name) => !['admin', 'config', 'local'].includes(name));
  };

  it.each([
    ['Ctrl-C', 'SIGINT', 130],
    ['a lost session', 'SIGHUP', 129],
  ] as const)('by %s leaves nothing of a backup', async (_name, signal, code) => {
    await slowDown('find');
    expect(await create(signal)).toMatchObject({
      code,
      stderr: expect.stringContaining('nothing of the backup was kept'),
    });
    expect(await readdir(out)).toEqual([]);
  });

  it('by Ctrl-C ends a restore with a report, and running it again completes it', async () => {
    await create();
    const restore = ['restore', join(out, 'one'), '--to', 'copy'];
    await slowDown('insert');
    const ended = await ops(restore, 'SIGINT');
    expect([ended.code, ended.stderr + ended.stdout]).toEqual([130, expect.stringMatching(/[Ii]nterrupted/)]);
    await server.clearFailPoint();
    expect(await ops(restore)).toMatchObject({ code: 0 });
    expect(await client.db('copy').collection('third').countDocuments()).toBe(2);
  });

  it.each<[string, typeof runOpsByNpm, (child: Child) => unknown, number]>([
    ['Ctrl-C', runOps, (child) => child.kill('SIGINT'), 130],
    // The terminal gives it to the whole group, and npm forwards it.
    ['Ctrl-C under npm', runOpsByNpm, ({ pid = 0 }) => process.kill(-pid, 'SIGINT'), 130],
    ['a lost session', runOps, (child) => child.kill('SIGHUP'), 129],
    ['a pipe that is closed', runOps, (child) => child.stdout.destroy(), 1],
  ])(
    'by %s leaves no scratch database of a drill, and says nothing against the backup',
    async (_name, run, end, code) => {
      await create();
      await slowDown('insert');
      const whenItPrints = async (child: Child): Promise<void> => {
        await waitUntil(async () => (await databases()).length > 1);
        end(child);
      };
      const args = ['backup', 'verify', join(out, 'one'), '--drill', '--json'];
      const ended = await run(args, { MONGODB_URI: server.uri('app') }, { whenItPrints });
      expect(ended).toMatchObject({ code, stdout: expect.not.stringContaining('"result"') });
      await server.clearFailPoint();
      expect(await databases()).toEqual(['app']);
      expect((await ops(['backup', 'list', '--backups', out])).stdout).toContain('proven by read');
    },
  );

  it('ends at once at a second Ctrl-C, a while after the first', async () => {
    await create();
    await slowDown('dropDatabase', 5_000);
    const whenItPrints = async (child: Child): Promise<void> => {
      await waitUntil(async () => (await databases()).length > 1);
      child.kill('SIGINT');
      await sleep(1_500);
      child.kill('SIGINT');
    };
    const args = ['backup', 'verify', join(out, 'one'), '--drill', '--json'];
    const ended = await runOps(args, { MONGODB_URI: server.uri('app') }, { whenItPrints });
    // The report of a tidy end would be there.
    expect(ended).toMatchObject({ code: 130, stdout: expect.not.stringContaining('"error"') });
  });
});
