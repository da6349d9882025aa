import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { mongo } from 'mongoose';
import { createBackup } from '../../apps/ops/src/backup/create-backup.ts';
import { restoreBackup } from '../../apps/ops/src/restore/restore-backup.ts';
import { asByMongodump } from '../../apps/ops/test/as-by-mongodump.ts';
import { RestoreContext } from '../../apps/ops/test/restore-context.ts';
import { describeDatabase, hasMongoTools, mongoTool } from '../../apps/ops/test/restore-fixture.ts';
import { OPS } from '../../apps/ops/test/run-ops.ts';
import { expectFigure } from '../support/figures.ts';
import type { MongodServer } from '../support/mongod-server.ts';
import { waitUntil } from '../support/wait-until.ts';

const PARTS = 120;
const PART_BYTES = 1_000_000;

describe('restore', () => {
  let context: RestoreContext;
  let server: MongodServer;
  let client: mongo.MongoClient;
  let folder: string;
  let source: string[];

  beforeAll(async () => {
    context = await RestoreContext.start();
    ({ server, client, folder, source } = context);
  });
  afterAll(() => context?.stop());
  afterEach(() => client.db('target').dropDatabase());

  async function collectionsOfTarget(): Promise<number> {
    return (await client.db('target').listCollections().toArray()).length;
  }

  it('A35 gives back every kind of collection, option and index', async () => {
    const report = await restoreBackup({ client, path: await context.backup('a35'), to: 'target' });
    expect(report.isComplete).toBe(true);
    const target = await describeDatabase(client.db('target'));
    const differences = [...target, ...source].filter(
      (line) => !(target.includes(line) && source.includes(line)),
    );
    expectFigure({
      row: 'A35',
      what: 'differences, own backup',
      value: differences.length,
      unit: '',
      limit: 0,
    });
  });

  (hasMongoTools() ? it : it.skip)('A35 gives back what the real mongodump wrote', async () => {
    await mongoTool('mongodump', server.uri(), ['--db=every', `--archive=${folder}/tool.archive`]);
    const report = await restoreBackup({ client, path: `${folder}/tool.archive`, to: 'target' });
    expect(report.isComplete).toBe(true);
    const target = await describeDatabase(client.db('target'));
    const differences = [...target, ...source].filter(
      (line) => !(target.includes(line) && source.includes(line)),
    );
    expectFigure({
      row: 'A35',
      what: 'differences, mongodump',
      value: differences.length,
      unit: '',
      limit: 0,
    });
  });

  it('A37 refuses every file that lacks its last 7 bytes, before a write', async () => {
    const path = await context.backup('a37');
    let [tried, accepted, written] = [0, 0, 0];
    for (const hasManifest of [true, false]) {
      if (!hasManifest) await asByMongodump(path);
      for (const name of await readdir(join(path, 'every'))) {
        const file = join(path, 'every', name);
        const { size } = await stat(file);
        if (!name.endsWith('.bson') || size === 0) continue;
        const whole = await readFile(file);
        await truncate(file, size - 7);
        tried += 1;
        const wasRefused = await restoreBackup({ client, path, to: 'target' }).then(
          () => false,
          (error: { code?: unknown }) => error.code === 'BACKUP_DAMAGED',
        );
        if (!wasRefused) accepted += 1;
        written += await collectionsOfTarget();
        await writeFile(file, whole);
      }
    }
    expectFigure({ row: 'A37', what: 'cut files tried', value: tried, unit: '', limit: 10, atLeast: true });
    expectFigure({ row: 'A37', what: 'cut files restored', value: accepted, unit: '', limit: 0 });
    expectFigure({ row: 'A37', what: 'collections written', value: written, unit: '', limit: 0 });
  });

  it('A40 refuses a target with data, and with --drop makes it equal to the source', async () => {
    const path = await context.backup('a40');
    const target = client.db('target');
    await target.collection('people').insertOne({ _id: 1 as never, name: 'other' });
    await target.collection('own').insertOne({ _id: 1 as never });
    const before = await describeDatabase(target);
    await expect(restoreBackup({ client, path, to: 'target' })).rejects.toMatchObject({
      code: 'TARGET_NOT_EMPTY',
    });
    await expect(describeDatabase(target)).resolves.toEqual(before);
    const report = await restoreBackup({
      client,
      path,
      to: 'target',
      shouldDrop: true,
      safetyFolder: folder,
    });
    expect(report.isComplete).toBe(true);
    const found = await describeDatabase(target);
    const differences = [...found, ...source].filter(
      (line) => !(found.includes(line) && source.includes(line)),
    );
    expectFigure({
      row: 'A40',
      what: 'differences after --drop',
      value: differences.length,
      unit: '',
      limit: 0,
    });
    await restoreBackup({ client, path: report.safetyBackup ?? '', to: 'again' });
    await expect(describeDatabase(client.db('again'))).resolves.toEqual(before);
  });

  it('A41 says what is missing when the server is killed at the half, and ends equal when run again', async () => {
    const db = client.db('large');
    const parts = db.collection<{ _id: number; text: string }>('parts');
    for (let _id = 0; _id < PARTS; _id += 1) await parts.insertOne({ _id, text: 'x'.repeat(PART_BYTES) });
    await parts.createIndex({ n: 1 });
    await db.collection('small').insertOne({ n: 1 });
    const expected = await describeDatabase(db);
    const { path } = await createBackup({ db, out: folder, name: 'a41' });

    const child = runRestore(path);
    const ended = new Promise<number | null>((done) => child.once('close', done));
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const target = client.db('target');
    const isHalf = async (): Promise<boolean> =>
      (await target.collection('parts').estimatedDocumentCount()) >= PARTS / 2;
    expect(await waitUntil(isHalf, 60_000)).toBe(true);
    await server.kill();
    const killedAt = performance.now();
    const code = await ended;
    const seconds = (performance.now() - killedAt) / 1_000;
    expectFigure({ row: 'A41', what: 'until it ends', value: seconds, unit: 's', limit: 35 });
    const [stdout] = await output;
    expect(code).toBe(69);
    expect(stdout).toMatch(/NOT everything of large into target is restored/);
    expect(stdout).toMatch(/parts +NOT complete +\d+ of 120/);
    expect(stdout).toMatch(/run the same command again/);

    await server.restart();
    const again = await restoreBackup({ client, path, to: 'target' });
    expect(again).toMatchObject({ isComplete: true, isResumed: true });
    const found = await describeDatabase(target);
    const differences = [...found, ...expected].filter(
      (line) => !(found.includes(line) && expected.includes(line)),
    );
    expectFigure({
      row: 'A41',
      what: 'differences after the second run',
      value: differences.length,
      unit: '',
      limit: 0,
    });
  });

  function runRestore(path: string): ChildProcessByStdio<null, Readable, Readable> {
    const { PATH = '' } = process.env;
    return spawn(process.execPath, [OPS, 'restore', path, '--to', 'target'], {
      env: { PATH, MONGODB_URI: server.uri('large') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
});
