import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestDatabase } from '../../../test/support/test-database.ts';
import { createEveryKind } from './backup-kinds.ts';
import { OPS, runOps, type Outcome } from './run-ops.ts';

/** The events that a command prints with `--json`. */
function events({ stdout }: Outcome): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('ops backup', () => {
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

  const ops = (...args: string[]): Promise<Outcome> =>
    runOps(['backup', ...args], { MONGODB_URI: database.uri });

  it('creates, lists, verifies and prunes', async () => {
    const created = await ops('create', '--out', out, '--name', 'first');
    expect(created).toMatchObject({ code: 0 });
    expect(created.stdout).toContain(`Backup written and read back: ${join(out, 'first')}\n`);
    expect(created.stdout).toContain('As of one moment: 20');
    expect(created.stdout).toContain('except capped collections: capped');
    expect(created.stderr).toMatch(/^plain: \d+ documents in /m);
    expect((await ops('create', '--out', out, '--name', 'second', '--archive', '--zstd')).code).toBe(0);
    const listed = await ops('list', '--backups', out);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(/second .* archive zstd .* proven by read/);
    const verified = await ops('verify', join(out, 'second'));
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.stdout).toMatch(/^Good: 1 files, .* every byte read back\n$/);
    const pruned = await ops('prune', '--backups', out, '--keep-daily', '1', '--keep-weekly', '0');
    expect(pruned).toMatchObject({ code: 0 });
    expect(pruned.stdout).toMatch(/first +proven +removed/);
    expect(await readdir(out)).toEqual(['second']);
  });

  it('proves a backup by restoring it, and leaves no scratch database', async () => {
    await ops('create', '--out', out, '--name', 'mine', '--gzip');
    const drilled = await ops('verify', join(out, 'mine'), '--drill', '--json');
    expect(events(drilled).at(-1)).toMatchObject({
      event: 'result',
      isGood: true,
      kind: 'drill',
      problems: [],
    });
    expect(drilled.code).toBe(0);
    const { databases } = await database.db.admin().listDatabases({ nameOnly: true });
    expect(databases.filter(({ name }) => name.startsWith('drill_'))).toEqual([]);
    const [listed] = events(await ops('list', '--backups', out, '--json'));
    expect(listed).toMatchObject({
      backups: [{ name: 'mine', state: 'proven', proof: { kind: 'drill', isGood: true } }],
    });
  });

  it('prints events for machines', async () => {
    const created = await ops('create', '--out', out, '--json');
    expect(created).toMatchObject({ code: 0, stderr: '' });
    const all = events(created);
    expect(all).toContainEqual({
      event: 'progress',
      name: 'series',
      done: expect.any(Number),
      total: expect.any(Number),
      unit: 'documents',
    });
    expect(all.at(-1)).toMatchObject({
      event: 'result',
      database: database.name,
      layout: 'directory',
      compression: 'none',
    });
  });

  it('says what is damaged, and remembers it', async () => {
    await ops('create', '--out', out, '--name', 'mine');
    await truncate(join(out, 'mine', database.name, 'plain.bson'), 100);
    const verified = await ops('verify', join(out, 'mine'));
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain(`Damaged: ${database.name}/plain.bson has 100 bytes instead of`);
    expect((await ops('list', '--backups', out)).stdout).toMatch(/damaged by read/);
    const pruned = await ops('prune', '--backups', out, '--keep-daily', '0', '--keep-weekly', '0');
    expect(pruned.stdout).toContain('kept: nothing is proven');
  });

  it('says that there is no space already when the first bytes of an archive find none', async () => {
    const command = `ulimit -f 4 && exec "${process.execPath}" "${OPS}" backup create --archive --out "${out}"`;
    const child = spawnSync('sh', ['-c', command], {
      env: { PATH: process.env.PATH, MONGODB_URI: database.uri },
      encoding: 'utf8',
    });
    expect(child).toMatchObject({ status: 1, stdout: '' });
    expect(child.stderr).toMatch(/^There is no space left for the backup; nothing of it was kept$/m);
    expect(await readdir(out)).toEqual([]);
  });

  it('refuses wrong use', async () => {
    expect(await ops('create', '--gzip', '--zstd')).toMatchObject({ code: 2, stdout: '' });
    expect(await ops('prune', '--keep-daily', 'x')).toMatchObject({ code: 2, stdout: '' });
    expect(await ops('verify', out)).toMatchObject({ code: 1, stdout: '' });
    const away = await runOps(['backup', 'create', '--out', out], {
      MONGODB_URI: 'mongodb://127.0.0.1:1/shop',
    });
    expect(away.code).toBe(69);
    expect(await readdir(out)).toEqual([]);
  });
});
