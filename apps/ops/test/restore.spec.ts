import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { mongo } from 'mongoose';
import { freePort } from '../../../test/support/free-port.ts';
import type { MongodServer } from '../../../test/support/mongod-server.ts';
import { RestoreContext } from './restore-context.ts';
import { describeDatabase, hasMongoTools, mongoTool } from './restore-fixture.ts';
import { runOps } from './run-ops.ts';

const withTools = hasMongoTools() ? describe : describe.skip;

describe('ops restore', () => {
  let context: RestoreContext;
  let server: MongodServer;
  let client: mongo.MongoClient;
  let folder: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    context = await RestoreContext.start();
    ({ server, client, folder } = context);
    environment = { MONGODB_URI: server.uri('every'), MONGODB_DATABASE: 'every' };
  });
  afterAll(() => context?.stop());

  it('shows its options and examples without a database', async () => {
    const { code, stdout } = await runOps(['restore', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/--to <name>[\s\S]*--drop[\s\S]*--dry-run[\s\S]*Examples:/);
  });

  it('says that nothing is there, and exits 1', async () => {
    const { code, stderr, stdout } = await runOps(['restore', join(folder, 'nothing')], environment);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/There is nothing of this name\n.*ops backup list/);
  });

  it('says that MongoDB is away, and exits 69', async () => {
    const { code } = await runOps(['restore', folder], {
      MONGODB_URI: `mongodb://127.0.0.1:${await freePort()}/every`,
    });
    expect(code).toBe(69);
  });

  withTools('of what the real mongodump writes', () => {
    beforeAll(async () => {
      const database = ['--db=every'];
      await mongoTool('mongodump', server.uri(), [...database, `--out=${folder}/plain`]);
      await mongoTool('mongodump', server.uri(), [...database, '--gzip', `--out=${folder}/gzip`]);
      await mongoTool('mongodump', server.uri(), [...database, `--archive=${folder}/plain.archive`]);
      await mongoTool('mongodump', server.uri(), [...database, '--gzip', `--archive=${folder}/gzip.archive`]);
    });
    afterEach(() => client.db('target').dropDatabase());

    it.each(['plain', 'plain/every', 'gzip', 'plain.archive', 'gzip.archive'])(
      'restores %s',
      async (name) => {
        const outcome = await runOps(['restore', join(folder, name), '--to', 'target'], environment);
        expect(outcome).toMatchObject({ code: 0 });
        expect(outcome.stdout).toMatch(
          /^Restored every into target in .* all read back and as in the dump\n/,
        );
        await expect(describeDatabase(client.db('target'))).resolves.toEqual(context.source);
      },
    );

    it('prints events and the result as JSON', async () => {
      const { code, stdout } = await runOps(
        ['restore', join(folder, 'plain'), '--to', 'target', '--json'],
        environment,
      );
      expect(code).toBe(0);
      const events = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { event: string });
      expect(events.at(-1)).toMatchObject({ event: 'result', database: 'target', isComplete: true });
      expect(events).toContainEqual(
        expect.objectContaining({ event: 'progress', name: 'people', done: 4, total: 4 }),
      );
    });

    it('writes nothing in a dry run, and lists what is there', async () => {
      const { code, stdout } = await runOps(
        ['restore', join(folder, 'plain'), '--to', 'target', '--dry-run'],
        environment,
      );
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Would restore every into target: .* Nothing was written\n/);
      expect(stdout).toMatch(/weather +timeseries/);
      await expect(client.db('target').listCollections().toArray()).resolves.toEqual([]);
    });

    it('refuses the database it came from, and replaces it with --drop after saving it', async () => {
      const every = client.db('every');
      const refused = await runOps(['restore', join(folder, 'plain')], environment);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(/The database every is not empty: .*\n.*--drop/);
      await every.collection('people').insertOne({ added: 'since the dump' });
      const args = ['restore', join(folder, 'plain'), '--drop', '--backups', join(folder, 'backups')];
      const replaced = await runOps(args, environment);
      expect(replaced).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Next step') });
      expect(replaced.stdout).toContain(`is saved in ${join(folder, 'backups', 'before-restore-every-')}`);
      await expect(describeDatabase(every)).resolves.toEqual(context.source);
    });

    it('refuses a dump that is cut off before it writes', async () => {
      await truncate(join(folder, 'plain.archive'), 3_000);
      const args = ['restore', join(folder, 'plain.archive'), '--to', 'target'];
      const { code, stderr } = await runOps(args, environment);
      expect(code).toBe(1);
      expect(stderr).toContain('The backup is damaged');
      await expect(client.db('target').listCollections().toArray()).resolves.toEqual([]);
    });
  });
});
