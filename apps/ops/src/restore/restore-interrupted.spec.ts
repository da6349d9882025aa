import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { describeDatabase } from '../../test/restore-fixture.ts';
import { MARKER_COLLECTION } from '../backup/dump-format/names.ts';
import { createBackup } from '../backup/create-backup.ts';
import type { Progress } from '../terminal/progress.ts';
import { formatReport } from './format-report.ts';
import type { RestoreReport } from './report.ts';
import { restoreBackup } from './restore-backup.ts';
import { writeMarker } from './target.ts';

const MEGABYTE = 1_000_000;
/** More than are on their way when the first is answered. */
const PARTS = 24;

describe('a restore that is interrupted', () => {
  let server: MongodServer;
  let client: mongo.MongoClient;
  let folder: string;
  let path: string;
  let source: string[];

  beforeAll(async () => {
    server = await MongodServer.start();
    client = await new mongo.MongoClient(server.uri()).connect();
    folder = await mkdtemp(join(tmpdir(), 'restore-'));
    const db = client.db('source');
    const parts = db.collection<{ _id: number; text: string }>('parts');
    const text = 'x'.repeat(MEGABYTE);
    for (let _id = 0; _id < PARTS; _id += 1) await parts.insertOne({ _id, text });
    await parts.createIndex({ n: 1 });
    await db.collection('small').insertOne({ n: 1 });
    ({ path } = await createBackup({ db, out: folder }));
    source = await describeDatabase(db);
  });
  afterEach(() => client.db('target').dropDatabase());
  afterAll(async () => {
    await client?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Ends it when the first documents of `parts` are stored. */
  async function interrupt(): Promise<RestoreReport> {
    const abort = new AbortController();
    const progress: Progress = {
      bar: (name) => ({
        update: () => void (name === 'parts' && abort.abort(new Error('Enough'))),
        finish: () => undefined,
      }),
      note: () => undefined,
      stop: () => undefined,
    };
    return restoreBackup({ client, path, to: 'target', progress, signal: abort.signal });
  }

  it('says what is incomplete, and goes on when it is run again', async () => {
    const first = await interrupt();
    expect(first).toMatchObject({ isComplete: false, interruption: { message: 'Enough' } });
    const parts = first.collections.find(({ name }) => name === 'parts');
    const stored = parts?.documents.stored ?? 0;
    expect(parts?.state).toBe('incomplete');
    expect(stored).toBeLessThan(PARTS);
    expect(parts?.problems).toEqual([
      `missing: ${PARTS - stored} of ${PARTS} documents`,
      'missing: 1 indexes',
      'missing: the comparison with the dump',
    ]);
    await expect(client.db('target').collection('parts').countDocuments()).resolves.toBe(stored);

    const again = await restoreBackup({ client, path, to: 'target' });
    expect(again).toMatchObject({ isComplete: true, isResumed: true, dropped: [] });
    await expect(describeDatabase(client.db('target'))).resolves.toEqual(source);
  });

  it.each([
    [13, 'NOT_PERMITTED', 'give the user of MONGODB_USERNAME the role that this command needs'],
    [14_031, 'DATABASE_UNAVAILABLE', 'make room on the disk of the server, then run the same command again'],
    [91, 'DATABASE_UNAVAILABLE', 'run the same command again: it goes on from here'],
    [73, 'FAILED', 'see what it ended with: as long as that is so, another run ends there as well'],
  ])('says what helps, after the error %i of the server', async (errorCode, code, nextStep) => {
    await server.failPoint({ failCommands: ['create'], errorCode });
    try {
      const report = await restoreBackup({ client, path, to: 'target' });
      expect(report.interruption).toMatchObject({ code, nextStep: expect.stringContaining(nextStep) });
      expect(formatReport(report)).toContain(`\nNext step: ${report.interruption?.nextStep}\n`);
    } finally {
      await server.clearFailPoint();
    }
  });

  it('is not mixed with another dump, which only --drop puts in its place', async () => {
    await interrupt();
    await client.db('other').collection('things').insertOne({ n: 1 });
    const { path: other } = await createBackup({ db: client.db('other'), out: folder });
    const options = { client, path: other, to: 'target' };
    await expect(restoreBackup(options)).rejects.toMatchObject({
      code: 'TARGET_NOT_EMPTY',
      message: expect.stringContaining('unfinished restore of another dump'),
    });
    const report = await restoreBackup({ ...options, shouldDrop: true });
    expect(report).toMatchObject({ isComplete: true, isResumed: false });
    await expect(describeDatabase(client.db('target'))).resolves.toEqual(
      await describeDatabase(client.db('other')),
    );
  });

  it('still says where the former content is when it was killed behind the last drop', async () => {
    const safetyBackup = '/backups/before-restore-target';
    const facts = { fingerprint: 'of this dump or another', startedAt: new Date(), isEmptied: false };
    await writeMarker(client.db('target'), { ...facts, safetyBackup });
    const report = await restoreBackup({ client, path, to: 'target' });
    expect(report).toMatchObject({ isComplete: true, isResumed: false, safetyBackup });
  });

  it('does not wait for an index that is being built', async () => {
    const failPoint = 'hangAfterStartingIndexBuild';
    await server.command({ configureFailPoint: failPoint, mode: 'alwaysOn' });
    try {
      const abort = new AbortController();
      const progress: Progress = {
        bar: () => ({ update: () => undefined, finish: () => undefined }),
        note: (text) =>
          void (text.startsWith('Building') && setTimeout(() => abort.abort(new Error('Enough')), 200)),
        stop: () => undefined,
      };
      const report = await restoreBackup({ client, path, to: 'target', progress, signal: abort.signal });
      expect(report).toMatchObject({ isComplete: false, interruption: { message: 'Enough' } });
    } finally {
      await server.command({ configureFailPoint: failPoint, mode: 'off' });
    }
    await expect(restoreBackup({ client, path, to: 'target' })).resolves.toMatchObject({ isComplete: true });
  });

  it('leaves its mark out of a backup that is made meanwhile', async () => {
    await interrupt();
    const half = await createBackup({ db: client.db('target'), out: folder });
    expect(half.manifest.collections.map(({ name }) => name)).not.toContain(MARKER_COLLECTION);
    const report = await restoreBackup({ client, path: half.path, to: 'other', shouldDrop: true });
    expect(report).toMatchObject({ isComplete: true });
  });

  it('notices what somebody has changed between two runs', async () => {
    await interrupt();
    const parts = client.db('target').collection<{ _id: number }>('parts');
    await parts.updateOne({ _id: 0 }, { $set: { text: 'y' } });
    const again = await restoreBackup({ client, path, to: 'target' });
    expect(again.isComplete).toBe(false);
    expect(again.collections.filter(({ state }) => state !== 'restored')).toMatchObject([
      { name: 'parts', state: 'different', problems: ['its documents are not those of the dump'] },
    ]);
  });
});
