import { mkdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { createEveryKind, describeDatabase, findTool, runTool } from '../../test/backup-kinds.ts';
import { defaultName } from './backup-name.ts';
import { createBackup } from './create-backup.ts';
import { TOOL_NAME } from './dump-format/names.ts';
import { listBackups } from './list-backups.ts';
import type { Compression, Layout } from './manifest.ts';
import { verifyBackup } from './verify-backup.ts';

const mongodump = findTool('mongodump');
const mongorestore = findTool('mongorestore');
const COMBINATIONS: [Layout, Compression][] = [
  ['directory', 'none'],
  ['directory', 'gzip'],
  ['directory', 'zstd'],
  ['archive', 'none'],
  ['archive', 'gzip'],
  ['archive', 'zstd'],
];

describe(createBackup.name, () => {
  let database: TestDatabase;
  let out: string;
  beforeAll(async () => {
    database = await TestDatabase.start();
    await createEveryKind(database.db);
  });
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'backups-'));
  });
  afterEach(() => rm(out, { recursive: true, force: true }));
  afterAll(() => database.stop());

  const serverUri = (): string => process.env.TEST_MONGODB_URI ?? '';

  (mongodump ? it : it.skip)('writes byte for byte what mongodump writes', async () => {
    await runTool(mongodump ?? '', ['--quiet', '--uri', database.uri, '--out', join(out, 'theirs')]);
    const { path } = await createBackup({ db: database.db, out });
    const [theirs, ours] = [join(out, 'theirs', database.name), join(path, database.name)];
    const names = await readdir(theirs);
    expect(names.length).toBeGreaterThan(30);
    expect((await readdir(ours)).toSorted()).toEqual(names.toSorted());
    for (const name of names.filter((each) => each !== 'prelude.json')) {
      const [expected, found] = [await readFile(join(theirs, name)), await readFile(join(ours, name))];
      // mongodump escapes what needs no escape, and does not say that it wrote the file.
      if (name.endsWith('.json')) {
        const { tool, ...described } = JSON.parse(found.toString()) as { tool?: unknown };
        expect(described).toEqual(JSON.parse(expected.toString()));
        expect(tool).toBe(TOOL_NAME);
      } else expect({ name, isSame: found.equals(expected) }).toEqual({ name, isSame: true });
    }
  });

  it('has a name of its own for each of several in one second', async () => {
    const names = Array.from({ length: 3 }, () => {
      const name = defaultName(out, database.name);
      mkdirSync(join(out, name));
      return name;
    });
    expect(new Set(names).size).toBe(3);
    expect(names.at(-1)).toMatch(/-\d{8}T\d{6}Z(-[23])?$/);
    expect(defaultName(out, database.name, 'before-')).toMatch(/^before-test_/);
  });

  it.each(COMBINATIONS)('makes what can be verified: %s, %s', async (layout, compression) => {
    const { path, manifest } = await createBackup({ db: database.db, out, layout, compression });
    expect(await readdir(out)).toEqual([path.split('/').at(-1)]);
    const report = await verifyBackup({ folder: path });
    expect(report.problems).toEqual([]);
    expect(manifest.totals.documents).toBeGreaterThan(50);
    expect(manifest.consistency).toMatchObject({ kind: 'snapshot', exceptions: ['capped'] });
    expect(manifest.server).toMatchObject({
      topology: 'replica-set',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  (mongorestore ? it : it.skip).each(COMBINATIONS.filter(([, compression]) => compression !== 'zstd'))(
    'makes what the real mongorestore restores: %s, %s',
    async (layout, compression) => {
      const { path, manifest } = await createBackup({ db: database.db, out, layout, compression });
      const target = `${database.name}_r`;
      const dump =
        layout === 'archive' ? [`--archive=${join(path, manifest.files[0]?.path ?? '')}`] : ['--dir', path];
      const renamed = [`--nsFrom=${database.name}.*`, `--nsTo=${target}.*`, '--bypassDocumentValidation'];
      const client = await mongo.MongoClient.connect(serverUri());
      try {
        const gzip = compression === 'gzip' ? ['--gzip'] : [];
        await runTool(mongorestore ?? '', ['--quiet', '--uri', serverUri(), ...gzip, ...renamed, ...dump]);
        const restored = await describeDatabase(client.db(target));
        const source = await describeDatabase(database.db);
        expect(Object.keys(restored).toSorted()).toEqual(Object.keys(source).toSorted());
        for (const name of Object.keys(source))
          expect({ name, as: restored[name] }).toEqual({ name, as: source[name] });
      } finally {
        await client.db(target).dropDatabase();
        await client.close();
      }
    },
  );

  it('says on a standalone that it is not of one moment', async () => {
    const server = await MongodServer.start();
    const client = await mongo.MongoClient.connect(server.uri());
    try {
      await client
        .db('shop')
        .collection('items')
        .insertMany([{ n: 1 }, { n: 2 }]);
      const { manifest } = await createBackup({ db: client.db('shop'), out });
      expect(manifest.consistency).toEqual({ kind: 'none', reason: expect.stringContaining('standalone') });
      const wish = createBackup({ db: client.db('shop'), out, name: 'x', consistency: 'snapshot' });
      await expect(wish).rejects.toMatchObject({ code: 'BACKUP_SNAPSHOT_LOST' });
    } finally {
      await client.close();
      await server.stop();
    }
  });

  it('refuses a name that is taken, or leads elsewhere', async () => {
    await createBackup({ db: database.db, out, name: 'mine' });
    await expect(createBackup({ db: database.db, out, name: 'mine' })).rejects.toMatchObject({
      code: 'BACKUP_EXISTS',
    });
    for (const name of ['../x', 'a/b', '.hidden', '', 'x'.repeat(201)]) {
      await expect(createBackup({ db: database.db, out, name })).rejects.toMatchObject({
        code: 'BACKUP_NAME_INVALID',
        exitCode: 2,
        nextStep: expect.stringContaining('--name'),
      });
    }
    expect(await readdir(out)).toEqual(['mine']);
  });

  it('says that what is to hold the backups is no folder', async () => {
    const file = join(out, 'file');
    await writeFile(file, 'x');
    for (const folder of [file, join(file, 'below')]) {
      await expect(createBackup({ db: database.db, out: folder })).rejects.toMatchObject({
        code: 'BACKUP_FOLDER_UNUSABLE',
        exitCode: 2,
        message: expect.stringContaining('is no folder'),
        nextStep: expect.stringContaining('--out'),
      });
      await expect(listBackups(folder)).rejects.toMatchObject({
        code: 'BACKUP_FOLDER_UNUSABLE',
        exitCode: 2,
        nextStep: expect.stringContaining('--backups'),
      });
    }
    expect(await readFile(file, 'utf8')).toBe('x');
  });

  it('says that the system keeps it from writing', async () => {
    const folder = join(out, 'x'.repeat(300));
    await expect(createBackup({ db: database.db, out: folder })).rejects.toMatchObject({
      code: 'BACKUP_FOLDER_UNUSABLE',
      exitCode: 1,
      message: `${folder} cannot be used (ENAMETOOLONG)`,
      nextStep: expect.stringContaining('--out'),
    });
  });

  it('leaves nothing when it is interrupted', async () => {
    const signal = AbortSignal.timeout(30);
    await expect(createBackup({ db: database.db, out, signal })).rejects.toMatchObject({
      code: 'BACKUP_INTERRUPTED',
    });
    expect(await readdir(out)).toEqual([]);
  });
});
