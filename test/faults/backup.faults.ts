import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEveryKind, describeDatabase } from '../../apps/ops/test/backup-kinds.ts';
import { OpsProcess } from '../../apps/ops/test/ops-process.ts';
import { OPS, runOps, type Outcome } from '../../apps/ops/test/run-ops.ts';
import { expectFigure } from '../support/figures.ts';
import { TestDatabase } from '../support/test-database.ts';

const KILLS = 20;
const FLIPS = 50;
const SMALL_DISK_MB = 50;
const LARGE_DOCUMENT_BYTES = 10_000_000;

let database: TestDatabase;
let out: string;
beforeEach(async () => {
  database = await TestDatabase.start();
  out = await mkdtemp(join(tmpdir(), 'backup-faults-'));
});
afterEach(async () => {
  await rm(out, { recursive: true, force: true });
  await database?.stop();
});

const environment = (): Record<string, string> => ({ MONGODB_URI: database.uri });
const ops = (...args: string[]): Promise<Outcome> => runOps(args, environment());

/** Hundreds of documents in each of several collections, so that a backup takes a while. */
async function fill(megabytes: number): Promise<void> {
  const text = 'x'.repeat(9_900);
  for (let n = 0; n < megabytes; n += 1) {
    const documents = Array.from({ length: 100 }, (_, index) => ({ n, index, text }));
    await database.db.collection(`items-${n % 4}`).insertMany(documents);
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('A35: a backup and its restore', () => {
  it.each([[], ['--gzip'], ['--zstd'], ['--archive', '--gzip']])(
    'bring back every kind: %j',
    async (...flags) => {
      await createEveryKind(database.db);
      const target = `${database.name}_copy`;
      expect(await ops('backup', 'create', '--out', out, '--name', 'one', ...flags)).toMatchObject({
        code: 0,
      });
      try {
        const restored = await ops('restore', join(out, 'one'), '--to', target);
        expect(restored).toMatchObject({ code: 0 });
        const [expected, found] = await Promise.all(
          [database.db, database.db.client.db(target)].map(describeDatabase),
        );
        const names = new Set([...Object.keys(expected ?? {}), ...Object.keys(found ?? {})]);
        const different = [...names].filter(
          (name) => JSON.stringify(expected?.[name]) !== JSON.stringify(found?.[name]),
        );
        expect(different).toEqual([]);
        const what = `kinds that differ ${flags.join(' ')}`.trim();
        expectFigure({ row: 'A35', what, value: different.length, unit: '', limit: 0 });
      } finally {
        await database.db.client.db(target).dropDatabase();
      }
    },
  );
});

it.each([[], ['--gzip'], ['--zstd']])('A35: very large documents take little memory %j', async (...flags) => {
  for (const name of ['a', 'b']) {
    for (let n = 0; n < 12; n += 1) {
      await database.db.collection(name).insertOne({ n, data: randomBytes(LARGE_DOCUMENT_BYTES) });
    }
  }
  const outcome = await new OpsProcess(['backup', 'create', '--out', out, ...flags], environment()).ended();
  expect(outcome).toMatchObject({ code: 0 });
  expectFigure({
    row: 'A35',
    what: `memory of a dump of documents of 10 MB ${flags.join(' ')}`.trim(),
    value: outcome.peakBytes / 1e6,
    unit: 'MB',
    limit: 260,
  });
});

it('A36: a backup that is killed leaves no name, is refused, and can be made again', async () => {
  await fill(60);
  const startedAt = performance.now();
  expect(await ops('backup', 'create', '--out', out, '--name', 'whole')).toMatchObject({ code: 0 });
  let wholeMs = performance.now() - startedAt;
  await rm(join(out, 'whole'), { recursive: true });
  let [named, accepted, killed, halfDone] = [0, 0, 0, 0];
  for (let runs = 0; killed < KILLS && runs < 3 * KILLS; runs += 1) {
    const begunAt = performance.now();
    const args = [OPS, 'backup', 'create', '--out', out, '--name', 'killed'];
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, ...environment() },
      stdio: 'ignore',
    });
    const ended = new Promise<NodeJS.Signals | null>((done) =>
      child.once('exit', (_, signal) => done(signal)),
    );
    // Spread over the whole time of a run, most of which is not its start.
    const tookMs = ended.then(() => performance.now() - begunAt);
    await sleep(((killed + Math.random()) / KILLS) * wholeMs);
    child.kill('SIGKILL');
    if ((await ended) === null) {
      // It was faster than the first one.
      wholeMs = Math.min(wholeMs, await tookMs);
      await rm(join(out, 'killed'), { recursive: true, force: true });
      continue;
    }
    killed += 1;
    const names = await readdir(out);
    if (names.includes('killed')) {
      // Between its name and the end of the process: then it must be whole.
      if ((await ops('backup', 'verify', join(out, 'killed'))).code !== 0) named += 1;
      await rm(join(out, 'killed'), { recursive: true });
    }
    if (!names.includes('.killed.partial')) continue;
    halfDone += 1;
    const restored = await ops('restore', join(out, '.killed.partial'), '--to', `${database.name}_x`);
    // Killed in the moment before it got its name, it is whole.
    const isWhole = async (): Promise<boolean> =>
      (await ops('backup', 'verify', join(out, '.killed.partial'))).code === 0;
    if (restored.code === 0 && !(await isWhole())) accepted += 1;
    await database.db.client.db(`${database.name}_x`).dropDatabase();
  }
  await database.db.client.db(`${database.name}_x`).dropDatabase();
  expectFigure({ row: 'A36', what: 'runs killed', value: killed, unit: '', limit: KILLS, atLeast: true });
  expectFigure({
    row: 'A36',
    what: 'killed while writing',
    value: halfDone,
    unit: '',
    limit: 1,
    atLeast: true,
  });
  expectFigure({ row: 'A36', what: 'final names of what is not whole', value: named, unit: '', limit: 0 });
  expectFigure({ row: 'A36', what: 'restored without being whole', value: accepted, unit: '', limit: 0 });
  expect(await ops('backup', 'create', '--out', out, '--name', 'killed')).toMatchObject({ code: 0 });
  expect(await readdir(out)).toEqual(['killed']);
  expect(await ops('backup', 'verify', join(out, 'killed'))).toMatchObject({ code: 0 });
});

it('A37: a dump that is cut inside a document is found by verify', async () => {
  await fill(2);
  let missed = 0;
  for (const flags of [[], ['--gzip'], ['--zstd'], ['--archive']]) {
    await ops('backup', 'create', '--out', out, '--name', 'cut', ...flags);
    const data = (await filesOf(join(out, 'cut'))).find((path) => /\.(bson|archive)/.test(path));
    if (data === undefined) throw new Error('There are no documents in this backup');
    await truncate(data, (await stat(data)).size - 7);
    const verified = await ops('backup', 'verify', join(out, 'cut'));
    if (verified.code !== 1) missed += 1;
    await rm(join(out, 'cut'), { recursive: true });
  }
  expectFigure({ row: 'A37', what: 'cut dumps that verify took', value: missed, unit: '', limit: 0 });
});

it('A38: one flipped bit in any file is found', async () => {
  await fill(1);
  let found = 0;
  const variants = [[], ['--gzip'], ['--archive', '--zstd']];
  for (const [index, flags] of variants.entries()) {
    await ops('backup', 'create', '--out', out, '--name', `flip-${index}`, ...flags);
  }
  for (let n = 0; n < FLIPS; n += 1) {
    const folder = join(out, `flip-${n % variants.length}`);
    const files = await filesOf(folder);
    const path = files[Math.floor(n / variants.length) % files.length] ?? '';
    const content = await readFile(path);
    const [at, bit] = [randomInt(content.length), randomInt(8)];
    const changed = Buffer.from(content);
    changed.writeUInt8((changed[at] ?? 0) ^ (1 << bit), at);
    await writeFile(path, changed);
    const { code } = await ops('backup', 'verify', folder);
    if (code === 1) found += 1;
    // Also the proof, which now says that the backup is damaged.
    await writeFile(path, content);
    expect(await ops('backup', 'verify', folder)).toMatchObject({ code: 0 });
  }
  expectFigure({
    row: 'A38',
    what: 'flipped bits found',
    value: found,
    unit: '',
    limit: FLIPS,
    atLeast: true,
  });
});

/** Mounting is left to root. */
const withSmallDisk = process.getuid?.() === 0 ? it : it.skip;

withSmallDisk('A39: a disk that fills up ends the backup, and keeps nothing of it', async () => {
  const disk = join(out, 'disk');
  await mkdir(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK_MB}m`, 'tmpfs', disk]);
  if (mounted.status !== 0) throw new Error(`A small disk cannot be mounted here: ${String(mounted.stderr)}`);
  try {
    await fill(SMALL_DISK_MB + 10);
    for (const flags of [[], ['--archive']]) {
      const { code, stdout, stderr } = await ops(
        'backup',
        'create',
        '--out',
        disk,
        '--name',
        'full',
        ...flags,
      );
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('There is no space left for the backup; nothing of it was kept');
      expectFigure({
        row: 'A39',
        what: 'files left',
        value: (await readdir(disk)).length,
        unit: '',
        limit: 0,
      });
    }
    // What compresses well fits.
    expect(await ops('backup', 'create', '--out', disk, '--name', 'small', '--gzip')).toMatchObject({
      code: 0,
    });
  } finally {
    spawnSync('umount', [disk]);
  }
});
