import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { asByMongodump } from '../../test/as-by-mongodump.ts';
import { RestoreContext } from '../../test/restore-context.ts';
import { describeDatabase } from '../../test/restore-fixture.ts';
import { createBackup } from '../backup/create-backup.ts';
import { MARKER_COLLECTION } from '../backup/dump-format/names.ts';
import { formatManifest, readManifest } from '../backup/manifest.ts';
import { formatReport } from './format-report.ts';
import { restoreBackup } from './restore-backup.ts';

describe(restoreBackup.name, () => {
  let context: RestoreContext;
  let client: mongo.MongoClient;
  let folder: string;
  let source: string[];
  /** Of the database `every`, with a manifest. */
  let path: string;

  beforeAll(async () => {
    context = await RestoreContext.start();
    ({ client, folder, source } = context);
    path = await context.backup('every');
  });
  afterEach(async () => {
    await client.db('target').dropDatabase();
  });
  afterAll(() => context?.stop());

  async function expectEmpty(): Promise<void> {
    await expect(client.db('target').listCollections().toArray()).resolves.toEqual([]);
  }

  it.each([
    ['directory', 'none', true],
    ['directory', 'gzip', false],
    ['directory', 'zstd', true],
    ['archive', 'none', false],
    ['archive', 'gzip', true],
  ] as const)('restores every kind: %s, %s, manifest %s', async (layout, compression, hasManifest) => {
    const name = `${layout}-${compression}`;
    const made = await createBackup({ db: client.db('every'), out: folder, name, layout, compression });
    const from = hasManifest ? made.path : await asByMongodump(made.path);
    const report = await restoreBackup({ client, path: from, to: 'target' });
    expect(report.collections.filter(({ state }) => state !== 'restored')).toEqual([]);
    expect(report).toMatchObject({
      source: 'every',
      database: 'target',
      isComplete: true,
      interruption: null,
    });
    await expect(describeDatabase(client.db('target'))).resolves.toEqual(source);
  });

  it('refuses a target with anything in it, and leaves it as it is', async () => {
    await client
      .db('target')
      .collection('precious')
      .insertOne({ _id: 1 as never });
    const before = await describeDatabase(client.db('target'));
    const refused = restoreBackup({ client, path, to: 'target' });
    await expect(refused).rejects.toMatchObject({
      code: 'TARGET_NOT_EMPTY',
      message: 'The database target is not empty: precious',
    });
    await expect(describeDatabase(client.db('target'))).resolves.toEqual(before);
  });

  it('writes nothing in a dry run, and says what it would do', async () => {
    const report = await restoreBackup({ client, path, to: 'target', isDryRun: true });
    expect(report).toMatchObject({ isDryRun: true, isComplete: false, interruption: null });
    expect(report.collections.find(({ name }) => name === 'indexed')).toMatchObject({
      documents: { expected: 1, stored: 0 },
      indexes: { expected: 11, built: 0 },
    });
    await expectEmpty();
    await client.db('target').collection('other').insertOne({});
    const drop = { client, path, to: 'target', isDryRun: true, shouldDrop: true };
    const [saved, unsaved] = [
      await restoreBackup({ ...drop, safetyFolder: folder }),
      await restoreBackup(drop),
    ];
    expect(formatReport(saved)).toContain('; 1 collections would be saved and dropped.');
    expect(formatReport(unsaved)).toContain('; 1 collections would be dropped without being saved.');
  });

  it('refuses a cut file before it writes, with and without a manifest', async () => {
    const damaged = await context.backup('cut');
    const file = join(damaged, 'every/people.bson');
    await truncate(file, (await readFile(file)).length - 7);
    const refused = { code: 'BACKUP_DAMAGED', message: expect.stringContaining('people.bson') };
    await expect(restoreBackup({ client, path: damaged, to: 'target' })).rejects.toMatchObject(refused);
    await expect(
      restoreBackup({ client, path: await asByMongodump(damaged), to: 'target' }),
    ).rejects.toMatchObject(refused);
    await expectEmpty();
  });

  it('refuses a file with one changed bit', async () => {
    const damaged = await context.backup('flipped');
    const file = join(damaged, 'every/people.bson');
    const bytes = await readFile(file);
    bytes[40] = (bytes[40] ?? 0) ^ 4;
    await writeFile(file, bytes);
    const refused = restoreBackup({ client, path: damaged, to: 'target' });
    await expect(refused).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    await expectEmpty();
  });

  it('refuses a dump by mongodump that lacks the documents of a collection', async () => {
    const damaged = await context.backup('lacking');
    await rm(join(damaged, 'every/people.bson'));
    const refused = restoreBackup({ client, path: await asByMongodump(damaged), to: 'target' });
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining('documents of people are missing'),
    });
  });

  it('refuses a dump of a newer server', async () => {
    const newer = await context.backup('newer');
    const manifest = await readManifest(newer);
    const facts = { ...manifest.server, version: '99.0.1', featureCompatibilityVersion: '99.0' };
    await writeFile(join(newer, 'manifest.json'), formatManifest({ ...manifest, server: facts }));
    await expect(restoreBackup({ client, path: newer, to: 'target' })).rejects.toMatchObject({
      code: 'DUMP_TOO_NEW',
      message: expect.stringMatching(/^The dump is of MongoDB 99\.0, this server works as \d+\.\d+$/),
    });
    await expectEmpty();
  });

  it.each(['admin', 'local', 'a b', ''])('refuses the target "%s"', async (to) => {
    await expect(restoreBackup({ client, path, to })).rejects.toMatchObject({
      code: 'TARGET_INVALID',
      exitCode: 2,
      nextStep: expect.stringContaining('--to'),
    });
  });

  it('refuses a target that differs from a database that is there by the case of its letters alone', async () => {
    await client.db('target').collection('other').insertOne({});
    for (const isDryRun of [true, false]) {
      const refused = restoreBackup({ client, path, to: 'TARGET', isDryRun });
      await expect(refused).rejects.toMatchObject({
        code: 'TARGET_INVALID',
        message: expect.stringContaining('database target'),
        nextStep: expect.stringContaining('--to'),
      });
    }
  });

  it('builds what makes documents expire after everything has been read back', async () => {
    const commands: mongo.Document[] = [];
    const keep = ({ command }: mongo.CommandStartedEvent): void => void commands.push(command);
    client.on('commandStarted', keep);
    try {
      await restoreBackup({ client, path, to: 'target' });
    } finally {
      client.off('commandStarted', keep);
    }
    const lastRead = commands.findLastIndex(({ find, $db }) => $db === 'target' && find !== undefined);
    const isExpiry = (command: mongo.Document): boolean =>
      JSON.stringify([command, toObject(command)]).includes('expireAfterSeconds');
    const expiry = commands.flatMap((command, index) => (isExpiry(command) ? [index] : []));
    expect(expiry).toHaveLength(3);
    expect(Math.min(...expiry)).toBeGreaterThan(lastRead);
  });

  it('needs no more than the roles backup and restore, also to drop and to go on', async () => {
    const auth = { username: 'root', password: 'a long root password' };
    const guarded = await MongodServer.start({ auth });
    const root = await new mongo.MongoClient(guarded.uri()).connect();
    await root.db('admin').command({ createUser: 'operator', pwd: 'pw', roles: ['backup', 'restore'] });
    await root.db('target').collection('people').insertOne({ name: 'other' });
    const operator = await new mongo.MongoClient(guarded.uri(), {
      auth: { username: 'operator', password: 'pw' },
    }).connect();
    try {
      const options = { client: operator, path, to: 'target', shouldDrop: true, safetyFolder: folder };
      await expect(restoreBackup(options)).resolves.toMatchObject({ isComplete: true, interruption: null });
      await expect(describeDatabase(root.db('target'))).resolves.toEqual(source);
    } finally {
      await operator.close();
      await root.close();
      await guarded.stop();
    }
  });

  it('names an index that cannot be built, and restores everything else', async () => {
    const twice = await asByMongodump(await context.backup('twice'));
    const file = join(twice, 'folded.metadata.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"name":"name_1"', '"unique":true,"name":"name_1"'));
    const target = client.db('target');
    const options = { client, path: twice, to: 'target' };
    const { isComplete, collections } = await restoreBackup(options);
    expect(isComplete).toBe(false);
    const different = collections.filter(({ state }) => state !== 'restored');
    const expiring = different.filter(({ name }) => name !== 'folded');
    expect(different.filter(({ name }) => name === 'folded')).toMatchObject([
      {
        name: 'folded',
        state: 'different',
        documents: { expected: 2, stored: 2 },
        indexes: { expected: 2, built: 1 },
        problems: [
          expect.stringContaining('the index name_1 cannot be built'),
          'the index name_1 is missing',
        ],
      },
    ]);
    // Another run would restore what has expired since.
    expect(expiring.length).toBeGreaterThan(0);
    for (const { problems } of expiring) expect(problems).toEqual([expect.stringContaining('expire')]);
    expect(JSON.stringify(await describeDatabase(target))).not.toContain('expireAfterSeconds');
    await expect(target.collection(MARKER_COLLECTION).countDocuments()).resolves.toBeGreaterThan(0);
    await expect(restoreBackup(options)).resolves.toMatchObject({ isResumed: true, isComplete: false });
    // What has come to its end is begun anew by --drop.
    await expect(restoreBackup({ ...options, shouldDrop: true })).resolves.toMatchObject({
      isResumed: false,
    });
  });
});

/** Indexes are sent as maps, which JSON does not show. */
function toObject({ indexes }: mongo.Document): unknown {
  return Array.isArray(indexes)
    ? indexes.map((index: unknown) => (index instanceof Map ? [...index.keys()] : index))
    : undefined;
}
