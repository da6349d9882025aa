import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { asByMongodump } from '../../test/as-by-mongodump.ts';
import { openDump } from '../restore/open-dump.ts';
import { createBackup } from './create-backup.ts';
import { listBackups } from './list-backups.ts';
import type { Compression, Layout } from './manifest.ts';
import { isWithoutManifest } from './missing-manifest.ts';
import { verifyBackup } from './verify-backup.ts';

const COMBINATIONS: [Layout, Compression][] = [
  ['directory', 'none'],
  ['directory', 'gzip'],
  ['directory', 'zstd'],
  ['archive', 'none'],
  ['archive', 'gzip'],
  ['archive', 'zstd'],
];
const REFUSED = {
  code: 'BACKUP_DAMAGED',
  message: expect.stringContaining('manifest.json is missing'),
  nextStep: expect.stringContaining('copy the whole folder'),
};

describe('a backup without its manifest', () => {
  let database: TestDatabase;
  let out: string;
  beforeAll(async () => {
    database = await TestDatabase.start();
    for (const name of ['accounts', 'invoices', 'sessions']) {
      await database.db.collection(name).insertOne({ name });
    }
  });
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'backups-'));
  });
  afterEach(() => rm(out, { recursive: true, force: true }));
  afterAll(() => database.stop());

  async function expectRefused(folder: string, inner: string): Promise<void> {
    await expect(openDump(folder)).rejects.toMatchObject(REFUSED);
    await expect(openDump(inner)).rejects.toMatchObject(REFUSED);
    await expect(verifyBackup({ folder })).rejects.toMatchObject(REFUSED);
    await expect(verifyBackup({ folder: inner })).rejects.toMatchObject(REFUSED);
    expect(await listBackups(dirname(folder))).toMatchObject({ backups: [], unreadable: ['one'] });
  }

  it.each(COMBINATIONS)('is no dump by mongodump: %s, %s', async (layout, compression) => {
    const { path } = await createBackup({ db: database.db, out, name: 'one', layout, compression });
    const inner = (await readdir(path)).find((name) => name.startsWith(database.name)) ?? '';
    await rm(join(path, 'manifest.json'));
    await expectRefused(path, join(path, inner));
    await rm(join(path, 'proof.json'));
    await expectRefused(path, join(path, inner));
  });

  it.each(['none', 'gzip'] as const)('is known by the files of one collection: %s', async (compression) => {
    const { path: whole } = await createBackup({ db: database.db, out: join(out, 'whole'), compression });
    const half = join(out, 'copy/one', database.name);
    await mkdir(half, { recursive: true });
    for (const name of await readdir(join(whole, database.name))) {
      if (name.startsWith('accounts.')) await copyFile(join(whole, database.name, name), join(half, name));
    }
    expect(await readdir(half)).toHaveLength(2);
    await expectRefused(dirname(half), half);
  });

  it('is known by its proof alone', async () => {
    const { path } = await createBackup({ db: database.db, out, name: 'one' });
    const inner = join(path, database.name);
    await rm(join(path, 'manifest.json'));
    for (const name of await readdir(inner)) if (name.endsWith('.json')) await rm(join(inner, name));
    await expectRefused(path, inner);
  });

  it.each(COMBINATIONS)('is told from what mongodump wrote: %s, %s', async (layout, compression) => {
    const { path } = await createBackup({ db: database.db, out, name: 'one', layout, compression });
    const dump = await asByMongodump(path);
    expect(await isWithoutManifest(dump)).toBe(false);
    expect(await listBackups(out)).toEqual({ backups: [], unreadable: [], incomplete: [] });
    await expect(openDump(dump)).resolves.toMatchObject({ database: database.name });
    await expect(verifyBackup({ folder: path })).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
    await writeFile(join(path, 'proof.json'), '{ "proof": "of something else" }');
    await expect(openDump(dump)).resolves.toMatchObject({ database: database.name });
  });

  it('is none where the manifest is: neither the backup nor what is in it', async () => {
    const { path } = await createBackup({ db: database.db, out, name: 'one' });
    expect(await isWithoutManifest(join(path, database.name))).toBe(false);
    expect(await listBackups(path)).toMatchObject({ backups: [], unreadable: [] });
    await expect(openDump(join(path, database.name))).rejects.toMatchObject({ code: 'PART_OF_BACKUP' });
  });
});
