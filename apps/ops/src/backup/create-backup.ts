import { join } from 'node:path';
import { version as mongooseVersion, type mongo } from 'mongoose';
import type { Progress } from '../terminal/progress.ts';
import { printable } from '../terminal/table.ts';
import { BackupError } from './backup.error.ts';
import { checkName, defaultName } from './backup-name.ts';
import { dumpDocuments } from './dump-documents.ts';
import { openArchive, openDirectory } from './dump-target.ts';
import { MARKER_COLLECTION } from './dump-format/names.ts';
import { formatManifest, type Compression, type Layout, type Manifest } from './manifest.ts';
import { PartialFolder } from './partial-folder.ts';
import {
  checkUnchanged,
  hasCursorEnded,
  lost,
  planReading,
  toRepeatable,
  type ConsistencyWish,
} from './point-in-time.ts';
import { writeProof } from './proof.ts';
import { ReadBack } from './read-back.ts';
import { readServerFacts, type ServerFacts } from './server-facts.ts';

export interface CreateBackupOptions {
  /** The database that is backed up; its client stays open. */
  db: mongo.Db;
  /** Folder that holds the backups; created when it is missing. */
  out: string;
  /** Of the folder of this backup; {@link defaultName} without it. */
  name?: string | undefined;
  layout?: Layout | undefined;
  compression?: Compression | undefined;
  consistency?: ConsistencyWish | undefined;
  progress?: Progress | undefined;
  /** Ends it; nothing of it stays. */
  signal?: AbortSignal | undefined;
}

export interface BackupReport {
  name: string;
  /** Of its folder. */
  path: string;
  durationMs: number;
  manifest: Manifest;
}

type Named = CreateBackupOptions & { name: string };

/** Collections that are read at the same time. */
const CONCURRENCY = 2;
const ATTEMPTS = 3;
const STANDALONE =
  'a standalone server cannot be read as of one moment: what was written meanwhile may be in it or not';
const SHARDED = 'a sharded cluster is read shard by shard: what was written meanwhile may be in it or not';
const NOT_WANTED = 'it was asked for without: what was written meanwhile may be in it or not';
const HALF_RESTORED =
  'A restore into this database was begun and has not ended: the backup holds what is there so far';
const TOO_LONG =
  'the server forgot the moment before everything was read: what was written meanwhile may be in it or not';

/**
 * Makes a backup: dumps every collection, brings each file to the disk and reads it back, writes the manifest and gives it its name.
 * Until then it stands under a temporary name, and when anything fails nothing of it stays.
 *
 * @throws {@link BackupError} `BACKUP_NAME_INVALID`, `BACKUP_FOLDER_UNUSABLE`, `BACKUP_EXISTS`, `BACKUP_NO_SPACE`, `BACKUP_SNAPSHOT_LOST`, `BACKUP_COLLECTION_GONE`, or errors of the driver
 */
export async function createBackup(options: CreateBackupOptions): Promise<BackupReport> {
  const startedAt = performance.now();
  const { db, out, name = defaultName(out, db.databaseName), signal } = options;
  checkName(name);
  const facts = await readServerFacts(db.client, signal);
  const [first, ...more] = reasonsFor(facts, options.consistency ?? 'auto');
  const named = { ...options, name };
  let attempt = await tryOnce(named, facts, first);
  for (const noneReason of more) {
    if (!(attempt instanceof Error)) break;
    options.progress?.note(`${attempt.message}: trying again`);
    attempt = await tryOnce(named, facts, noneReason);
  }
  if (attempt instanceof Error) throw attempt;
  return { name, path: join(out, name), durationMs: performance.now() - startedAt, manifest: attempt };
}

/** For each attempt: why no moment is wanted, or `undefined` where one is. */
function reasonsFor({ topology }: ServerFacts, wish: ConsistencyWish): (string | undefined)[] {
  const attempts = <T>(reason: T): T[] => Array.from({ length: ATTEMPTS }, () => reason);
  if (wish === 'none') return attempts(NOT_WANTED);
  if (topology === 'replica-set') {
    return wish === 'auto' ? [...attempts(undefined), TOO_LONG] : attempts(undefined);
  }
  if (wish === 'snapshot') throw lost('This server cannot be read as of one moment: only a replica set can');
  return attempts(topology === 'standalone' ? STANDALONE : SHARDED);
}

/** @returns An error when the moment was lost or a collection went, so that another attempt may do */
async function tryOnce(
  options: Named,
  facts: ServerFacts,
  noneReason: string | undefined,
): Promise<Manifest | BackupError> {
  const { out, name, progress } = options;
  const folder = await PartialFolder.create(out, name, (removed) =>
    progress?.note(`Removed ${printable(removed)}, which a run that was killed had left`),
  );
  // Of this attempt alone: it remembers files by their paths, and the next attempt takes the same.
  const readBack = new ReadBack();
  try {
    const manifest = await writeBackup(folder.path, { ...options, readBack }, facts, noneReason);
    await folder.publish(formatManifest(manifest));
    return manifest;
  } catch (error) {
    await folder.remove();
    if (options.signal?.aborted) {
      throw new BackupError('BACKUP_INTERRUPTED', 'Interrupted; nothing of the backup was kept', {
        cause: error,
      });
    }
    const repeatable = toRepeatable(error);
    if (!repeatable) throw error;
    return repeatable;
  } finally {
    await readBack.close();
  }
}

async function writeBackup(
  folder: string,
  {
    db,
    layout = 'directory',
    compression = 'none',
    progress,
    signal,
    readBack,
  }: Named & { readBack: ReadBack },
  facts: ServerFacts,
  noneReason: string | undefined,
): Promise<Manifest> {
  const startedAt = new Date();
  const ending = signal ?? new AbortController().signal;
  const plan = await planReading(db, facts, { noneReason, signal: ending });
  const marker = db.listCollections({ name: MARKER_COLLECTION }, { nameOnly: true });
  if (await marker.hasNext()) progress?.note(HALF_RESTORED);
  const { entries, consistency } = plan;
  const open = layout === 'archive' ? openArchive : openDirectory;
  const shared = { folder, database: db.databaseName, concurrency: CONCURRENCY, readBack };
  const target = await open({ ...shared, compression, serverVersion: facts.version, entries });
  let collections: Manifest['collections'];
  try {
    collections = await dumpDocuments({
      db,
      facts,
      plan,
      target,
      concurrency: CONCURRENCY,
      progress,
      signal: ending,
    });
    await target.finish();
  } catch (error) {
    if (hasCursorEnded(error)) await checkUnchanged(db, facts, plan, ending);
    throw error;
  } finally {
    await target.abandon();
  }
  await checkUnchanged(db, facts, plan, ending);
  const { hasRawTimeSeries: _, ...server } = facts;
  const files = target.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const manifest: Manifest = {
    format: 'openai-outreach-backup',
    version: 1,
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    database: db.databaseName,
    layout,
    compression,
    consistency,
    server,
    tool: { driver: `mongoose ${mongooseVersion}`, node: process.version },
    collections,
    files,
    totals: {
      documents: sum(collections.map(({ documents }) => documents)),
      sizeBytes: sum(collections.map(({ sizeBytes }) => sizeBytes)),
      storedBytes: sum(files.map(({ sizeBytes }) => sizeBytes)),
    },
  };
  await writeProof(folder, { at: new Date().toISOString(), kind: 'read', isGood: true });
  return manifest;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
