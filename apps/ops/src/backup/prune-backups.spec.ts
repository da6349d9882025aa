import * as fc from 'fast-check';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { createBackup } from './create-backup.ts';
import { listBackups, type ListedBackup } from './list-backups.ts';
import type { Manifest } from './manifest.ts';
import { writeProof } from './proof.ts';
import { planPruning, pruneBackups } from './prune-backups.ts';

function backup(startedAt: string, state: ListedBackup['state'] = 'proven', database = 'shop'): ListedBackup {
  const manifest = { startedAt, database } as Manifest;
  return { name: `${database} ${startedAt}`, path: '', manifest, proof: undefined, state };
}

function kept(backups: ListedBackup[], daily: number, weekly: number): string[] {
  const stays = planPruning(backups, { daily, weekly, damaged: 'kept' }).filter(
    ({ reason }) => reason !== undefined,
  );
  return stays.map(({ backup: { manifest }, reason }) => `${manifest.startedAt} ${reason}`);
}

describe(planPruning.name, () => {
  // 2026-11-23 is a Monday.
  const days = ['23T10', '23T02', '22T02', '21T02', '16T02', '15T02', '14T02'].map(
    (day) => `2026-11-${day}:00:00Z`,
  );
  const backups = days.map((day) => backup(day));

  it('keeps the newest of each day and week that has one', () => {
    expect(kept(backups, 2, 3)).toEqual([
      '2026-11-23T10:00:00Z daily',
      '2026-11-22T02:00:00Z daily',
      '2026-11-15T02:00:00Z weekly',
    ]);
    expect(kept(backups, 0, 1)).toEqual(['2026-11-23T10:00:00Z weekly']);
    expect(kept(backups, 100, 0)).toHaveLength(6);
  });

  it('never takes a damaged one for the one of its day, and keeps the newest proven one', () => {
    const [first = '', second = '', third = ''] = days;
    const mixed = [backup(first, 'damaged'), backup(second, 'unproven'), backup(third)];
    expect(kept(mixed, 1, 0)).toEqual([`${first} damaged`, `${second} daily`, `${third} newest proven`]);
    const removed = planPruning(mixed, { daily: 1, weekly: 0, damaged: 'removed' });
    expect(removed.map(({ reason }) => reason)).toEqual([undefined, 'daily', 'newest proven']);
    expect(kept(backups, 0, 0)).toEqual([`${first} newest proven`]);
  });

  it('leaves what was saved before a restore, and the backup of that day as well', () => {
    const [first = '', second = ''] = days;
    const saved = { ...backup(first), name: 'before-restore-shop' };
    expect(kept([saved, backup(second)], 1, 0)).toEqual([`${second} daily`, `${first} before a restore`]);
    expect(kept([saved, backup(second)], 0, 0)).toHaveLength(2);
  });

  it('removes nothing where nothing is proven', () => {
    const unproven = days.map((day) => backup(day, 'unproven'));
    expect(kept(unproven, 0, 0)).toHaveLength(days.length);
  });

  it('counts each database for itself', () => {
    expect(kept([...backups, ...days.map((day) => backup(day, 'proven', 'other'))], 1, 0)).toHaveLength(2);
  });

  it('keeps the newest proven one of every set of backups', () => {
    const day = fc.date({ min: new Date('2020-01-01'), max: new Date('2026-12-31'), noInvalidDate: true });
    const state = fc.constantFrom('proven' as const, 'unproven' as const, 'damaged' as const);
    const any = fc.array(
      fc.tuple(day, state).map(([at, of]) => backup(at.toISOString(), of)),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(any, fc.nat(10), fc.nat(10), (given, daily, weekly) => {
        const proven = given
          .filter(({ state: of }) => of === 'proven')
          .map(({ manifest }) => manifest.startedAt);
        const newest = proven.toSorted().at(-1);
        const stays = kept(given, daily, weekly);
        if (newest === undefined) expect(stays).toHaveLength(given.length);
        else expect(stays.some((line) => line.startsWith(newest))).toBe(true);
      }),
    );
  });
});

describe(pruneBackups.name, () => {
  let database: TestDatabase;
  let out: string;
  beforeAll(async () => {
    database = await TestDatabase.start();
    await database.db.collection('items').insertOne({ n: 1 });
    out = await mkdtemp(join(tmpdir(), 'backups-'));
  });
  afterAll(async () => {
    await rm(out, { recursive: true, force: true });
    await database.stop();
  });

  it('removes what need not stay, and only that', async () => {
    for (const name of ['first', 'second', 'third']) await createBackup({ db: database.db, out, name });
    await writeProof(join(out, 'third'), { at: new Date().toISOString(), kind: 'read', isGood: false });
    expect((await listBackups(out)).backups.map(({ name, state }) => [name, state])).toEqual([
      ['third', 'damaged'],
      ['second', 'proven'],
      ['first', 'proven'],
    ]);
    const retention = { daily: 1, weekly: 1, damaged: 'kept' } as const;
    const plan = await pruneBackups(out, retention, true);
    expect(plan.map(({ backup: { name }, reason }) => [name, reason])).toEqual([
      ['third', 'damaged'],
      ['second', 'daily'],
      ['first', undefined],
    ]);
    expect((await readdir(out)).toSorted()).toEqual(['first', 'second', 'third']);
    await pruneBackups(out, retention, false);
    expect((await readdir(out)).toSorted()).toEqual(['second', 'third']);
    await pruneBackups(out, { ...retention, damaged: 'removed' }, false);
    expect(await readdir(out)).toEqual(['second']);
  });

  it('ends what an earlier run has begun, names it, and leaves what others have called so', async () => {
    await rm(join(out, 'second'), { recursive: true });
    for (const name of ['old', 'new']) await createBackup({ db: database.db, out, name });
    await rename(join(out, 'old'), join(out, '.old.removed'));
    await mkdir(join(out, '.others.removed'));
    await writeFile(join(out, '.others.removed/letter.txt'), 'x');
    await mkdir(join(out, '.empty.removed'));
    const removed: string[] = [];
    const retention = { daily: 1, weekly: 1, damaged: 'kept' } as const;
    await pruneBackups(out, retention, false, (name) => removed.push(name));
    expect(removed.toSorted()).toEqual(['.empty.removed', '.old.removed']);
    expect((await readdir(out)).toSorted()).toEqual(['.others.removed', 'new']);
  });

  it('removes a backup beside something that is called like one on its way out', async () => {
    await rm(join(out, 'new'), { recursive: true });
    for (const name of ['old', 'new']) await createBackup({ db: database.db, out, name });
    await mkdir(join(out, '.old.removed'));
    await writeFile(join(out, '.old.removed/letter.txt'), 'x');
    await pruneBackups(out, { daily: 1, weekly: 1, damaged: 'kept' }, false);
    expect((await readdir(out)).toSorted()).toEqual(['.old.removed', '.others.removed', 'new']);
  });

  it('takes a folder that does not exist for one without backups', async () => {
    expect(await pruneBackups(join(out, 'nowhere'), { daily: 1, weekly: 1, damaged: 'kept' }, false)).toEqual(
      [],
    );
  });
});
