import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import type { Progress } from '../terminal/progress.ts';
import { createBackup } from './create-backup.ts';
import { verifyBackup } from './verify-backup.ts';

const DOCUMENTS = 400;
const DOCUMENT_BYTES = 50_000;

describe.each([
  ['a standalone', {}, 'none'],
  ['a set of one', { replSet: true }, 'snapshot'],
] as const)('a collection that goes while it is read, on %s', (_, options, consistency) => {
  let server: MongodServer;
  let client: mongo.MongoClient;
  let db: mongo.Db;
  let out: string;
  beforeAll(async () => {
    server = await MongodServer.start(options);
    client = await mongo.MongoClient.connect(server.uri());
    db = client.db('shop');
  });
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'backups-'));
    const text = 'x'.repeat(DOCUMENT_BYTES);
    await db.collection('large').insertMany(Array.from({ length: DOCUMENTS }, (_each, n) => ({ n, text })));
    await db.collection('small').insertOne({ n: 1 });
  });
  afterEach(async () => {
    await db.dropDatabase();
    await rm(out, { recursive: true, force: true });
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  /** Does something once, when the first documents of `large` have come, and every time when `isAlways`. */
  function afterFirstBatch(work: () => Promise<unknown>, isAlways = false) {
    const notes: string[] = [];
    let isDone = false;
    const update = (documents: number): void => {
      if (isDone || documents >= DOCUMENTS) return;
      isDone = true;
      // Where it comes too late, the backup is whole.
      work().catch(() => undefined);
    };
    const note = (text: string): void => {
      notes.push(text);
      isDone = !isAlways;
    };
    const bar: Progress['bar'] = (name) => ({
      update: name.startsWith('large') ? update : () => undefined,
      finish: () => undefined,
    });
    return { notes, progress: { bar, note, stop: () => undefined } };
  }

  it.each([
    ['dropped', () => db.dropCollection('large'), ['small']],
    ['renamed', () => db.renameCollection('large', 'large_old'), ['large_old', 'small']],
  ] as const)('%s: the backup is made again', async (_what, work, names) => {
    const { notes, progress } = afterFirstBatch(work);
    const { path, manifest } = await createBackup({ db, out, progress });
    expect(notes).toEqual(['Collection large was dropped or renamed while it was read: trying again']);
    expect(manifest.collections.map(({ name }) => name)).toEqual(names);
    expect(manifest.consistency.kind).toBe(consistency);
    expect((await verifyBackup({ folder: path })).problems).toEqual([]);
  });

  it('renamed each time: it fails, says what to do, and leaves nothing', async () => {
    const names = ['large', 'large_old'];
    const { notes, progress } = afterFirstBatch(async () => {
      const [from = '', to = ''] = names;
      names.reverse();
      await db.renameCollection(from, to);
    }, true);
    await expect(createBackup({ db, out, progress })).rejects.toMatchObject({
      code: 'BACKUP_COLLECTION_GONE',
      nextStep: expect.stringContaining('neither dropped nor renamed'),
    });
    expect(notes.length).toBeGreaterThan(1);
    expect(await readdir(out)).toEqual([]);
  });

  it('between the list of collections and that of its indexes', async () => {
    const failCommands = ['listIndexes'];
    await server.failPoint({ failCommands, errorCode: 26, mode: { times: 1 } });
    const notes: string[] = [];
    const bar = () => ({ update: () => undefined, finish: () => undefined });
    const progress = { bar, note: (text: string) => void notes.push(text), stop: () => undefined };
    const { manifest } = await createBackup({ db, out, progress });
    expect(notes).toEqual([expect.stringMatching(/dropped or renamed while it was read: trying again$/)]);
    expect(manifest.collections).toHaveLength(2);
  });

  it('not at all: an error of a cursor stays what it is', async () => {
    await server.failPoint({ failCommands: ['getMore'], errorCode: 43, mode: { times: 1 } });
    await expect(createBackup({ db, out })).rejects.toMatchObject({ codeName: 'CursorNotFound' });
  });
});
