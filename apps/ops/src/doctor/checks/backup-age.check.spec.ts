import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatManifest } from '../../backup/manifest.ts';
import { writeProof } from '../../backup/proof.ts';
import { DoctorContext } from '../doctor-context.ts';
import { backupAgeCheck } from './backup-age.check.ts';

describe('the check BACKUP_AGE', () => {
  let folder: string;
  let context: DoctorContext;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'backups-'));
    context = new DoctorContext({ backupDir: folder, dataDir: undefined }, new AbortController().signal);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const look = async () => backupAgeCheck.run(context);

  it('warns where there is none of this database', async () => {
    await backup(1, 'another');
    await mkdir(join(folder, 'no-backup'));
    expect(await look()).toMatchObject({
      status: 'warning',
      cause: expect.stringContaining('no backup of this database'),
    });
    context.options.backupDir = join(folder, 'absent');
    expect(await look()).toMatchObject({
      status: 'warning',
      next: expect.stringContaining('ops backup create'),
    });
  });

  it('looks into the usual folder where nobody has named one', async () => {
    // The repository itself may have backups.
    const before = process.cwd();
    process.chdir(folder);
    try {
      context.options.backupDir = undefined;
      expect(await look()).toMatchObject({
        status: 'warning',
        cause: expect.stringContaining('Nobody has said where the backups are'),
      });
      await mkdir('backups');
      expect(await look()).toMatchObject({ cause: expect.stringContaining('no backup of this database') });
    } finally {
      process.chdir(before);
    }
  });

  it('judges the age of the newest', async () => {
    await backup(9);
    expect(await look()).toMatchObject({ status: 'failure', cause: 'The newest backup is 9 d old' });
    await backup(2);
    expect(await look()).toMatchObject({ status: 'warning', cause: 'The newest backup is 2 d old' });
  });

  it('tells a folder that cannot be read from one without a backup', async () => {
    context.options.backupDir = join(folder, 'file');
    await writeFile(context.options.backupDir, '');
    expect(await look()).toMatchObject({
      status: 'warning',
      cause: 'The backup folder cannot be read (ENOTDIR)',
      next: expect.stringContaining('BACKUP_DIR'),
    });
  });

  it.each([
    ['is damaged', async (path: string) => writeFile(join(path, 'manifest.json'), '{}')],
    ['cannot be opened', async (path: string) => mkdir(join(path, 'manifest.json'))],
  ])('does not count past a newest one of which the manifest %s', async (_, spoil) => {
    await backup(1);
    const path = join(folder, 'newest');
    await mkdir(path);
    await spoil(path);
    expect(await look()).toMatchObject({
      status: 'failure',
      cause: 'The backup newest cannot be read, and may be the newest',
      next: expect.stringContaining('ops backup verify'),
    });
    const old = new Date(Date.now() - 3 * 86_400_000);
    await utimes(path, old, old);
    expect(await look()).toMatchObject({ cause: 'No backup was ever restored to prove it' });
  });

  it('judges the last drill of any, and that of the newest', async () => {
    const older = await backup(3);
    const newest = await backup(0.5);
    const at = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    // As each backup has it from the beginning.
    for (const path of [older, newest]) await writeProof(path, { at: at(1), kind: 'read', isGood: true });
    expect(await look()).toMatchObject({
      status: 'warning',
      cause: 'No backup was ever restored to prove it',
    });
    await writeProof(older, { at: at(9), kind: 'drill', isGood: true });
    expect(await look()).toMatchObject({
      status: 'warning',
      cause: 'A backup was last restored to prove it 9 d ago',
    });
    await writeProof(older, { at: at(2), kind: 'drill', isGood: true });
    await writeProof(older, { at: at(1), kind: 'read', isGood: true });
    expect(await look()).toEqual({
      status: 'ok',
      detail: 'newest 12 h old, one restored to prove it 2 d ago',
    });
    await writeProof(newest, { at: at(0), kind: 'read', isGood: false });
    expect(await look()).toMatchObject({ status: 'failure', cause: expect.stringContaining('did not pass') });
  });

  /** Writes the manifest of a backup that ended so many days ago. */
  async function backup(days: number, database = context.configuration.database.database): Promise<string> {
    const path = join(folder, `${database}-${days}`);
    const finishedAt = new Date(Date.now() - days * 86_400_000).toISOString();
    await mkdir(path);
    const manifest = formatManifest({
      format: 'openai-outreach-backup',
      version: 1,
      startedAt: finishedAt,
      finishedAt,
      database,
      layout: 'directory',
      compression: 'none',
      consistency: { kind: 'none', reason: 'a test' },
      server: { version: '8.0.4', featureCompatibilityVersion: '8.0', topology: 'standalone' },
      tool: { driver: '7', node: '24' },
      collections: [],
      files: [],
      totals: { documents: 0, sizeBytes: 0, storedBytes: 0 },
    });
    await writeFile(join(path, 'manifest.json'), manifest);
    return path;
  }
});
