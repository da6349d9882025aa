import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { createBackup } from './create-backup.ts';
import { listBackups } from './list-backups.ts';
import { MANIFEST_FILE, readManifest, seal } from './manifest.ts';
import { PROOF_FILE } from './proof.ts';
import { verifyBackup } from './verify-backup.ts';

describe(verifyBackup.name, () => {
  let database: TestDatabase;
  let out: string;
  let folder: string;
  beforeAll(async () => {
    database = await TestDatabase.start();
    await database.db
      .collection('items')
      .insertMany(Array.from({ length: 100 }, (_, n) => ({ n, text: 'x'.repeat(n) })));
  });
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'backups-'));
    ({ path: folder } = await createBackup({ db: database.db, out, name: 'one' }));
  });
  afterEach(() => rm(out, { recursive: true, force: true }));
  afterAll(() => database.stop());

  const data = (): string => join(folder, database.name, 'items.bson');
  async function problems(): Promise<string> {
    return (await verifyBackup({ folder })).problems.join('\n');
  }

  it('finds nothing where nothing is wrong', async () => {
    expect(await verifyBackup({ folder })).toMatchObject({ problems: [], documents: 100, files: 3 });
  });

  it.each(['./one', './/one', 'one/', 'two/../one'])('takes the path %s', async (path) => {
    await mkdir(join(out, 'two'));
    const before = process.cwd();
    process.chdir(out);
    try {
      expect(await verifyBackup({ folder: path })).toMatchObject({ problems: [] });
    } finally {
      process.chdir(before);
    }
  });

  it.each<[string, () => Promise<void>, string]>([
    ['cut off', () => truncate(data(), 1_000), 'has 1000 bytes instead of'],
    ['longer', () => appendFile(data(), 'x'), 'bytes instead of'],
    ['missing', () => unlink(data()), 'is missing'],
    ['strange', () => writeFile(join(folder, database.name, 'more.bson'), ''), 'more.bson does not belong'],
  ])('finds a file that is %s', async (_, damage, expected) => {
    await damage();
    expect(await problems()).toContain(expected);
  });

  it('finds one changed bit, in any file', async () => {
    for (const name of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (name.isDirectory()) continue;
      const path = join(name.parentPath, name.name);
      const content = await readFile(path);
      const changed = Buffer.from(content);
      const at = Math.floor(content.length / 2);
      changed.writeUInt8((changed[at] ?? 0) ^ 1, at);
      await writeFile(path, changed);
      if (name.name === MANIFEST_FILE)
        await expect(problems()).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
      else expect(await problems()).toContain('not as it was written');
      await writeFile(path, content);
    }
    expect(await problems()).toBe('');
  });

  it.each([
    ['data', data],
    ['its proof', () => join(folder, PROOF_FILE)],
    ['its manifest', () => join(folder, MANIFEST_FILE)],
  ])('takes a backup for neither good nor damaged when the system cannot read %s', async (_, path) => {
    await unlink(path());
    // Leads to itself: the system gives up.
    await symlink(path(), path());
    await expect(problems()).rejects.toMatchObject({
      code: 'BACKUP_UNREADABLE',
      message: expect.stringMatching(/^\S+ cannot be read \(ELOOP\)$/),
    });
    expect((await listBackups(out)).backups.map(({ state }) => state)).not.toContain('damaged');
  });

  it('finds a manifest that counts wrong', async () => {
    const manifest = await readManifest(folder);
    const collections = manifest.collections.map((each) => ({ ...each, documents: 99 }));
    await writeFile(join(folder, MANIFEST_FILE), seal({ ...manifest, collections }));
    expect(await problems()).toBe('items holds 100 documents instead of 99');
  });

  it('says what is no backup, and what comes from a later version', async () => {
    const manifest = await readManifest(folder);
    await writeFile(join(folder, MANIFEST_FILE), seal({ ...manifest, version: 2 }));
    await expect(problems()).rejects.toMatchObject({ code: 'BACKUP_TOO_NEW' });
    await writeFile(
      join(folder, MANIFEST_FILE),
      seal({ ...manifest, files: [{ path: '../x', sizeBytes: 1, sha256: 'a'.repeat(64) }] }),
    );
    await expect(problems()).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    await expect(verifyBackup({ folder: out })).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
  });

  it('does without a proof', async () => {
    await unlink(join(folder, PROOF_FILE));
    expect(await problems()).toBe('');
  });
});
