import { mongo } from 'mongoose';
import { BackupError, type BackupErrorCode } from './backup.error.ts';
import { fingerprint, readCatalog, type CatalogEntry } from './catalog.ts';
import type { Consistency } from './manifest.ts';
import type { ServerFacts } from './server-facts.ts';

/** `auto`: a moment where the server can, and none where it cannot; `snapshot`: a moment or failure; `none`: do not try. */
export type ConsistencyWish = 'auto' | 'snapshot' | 'none';

/** What is to be read, and as of when. */
export interface ReadPlan {
  entries: CatalogEntry[];
  consistency: Consistency;
  /** Read concern for the documents of a collection. */
  readConcern: (entry: CatalogEntry) => { level: string; atClusterTime?: mongo.Timestamp } | undefined;
}

const REPEATABLE: readonly BackupErrorCode[] = ['BACKUP_SNAPSHOT_LOST', 'BACKUP_COLLECTION_GONE'];
/** Codes of errors that say that the state as of the moment can no longer be read, or not yet. */
const SNAPSHOT_CODES: readonly unknown[] = [239, 246];
/** NamespaceNotFound, QueryPlanKilled: what the server says of a collection that was dropped or renamed. */
const GONE_CODES: readonly unknown[] = [26, 175];
/** CursorNotFound: that may be the reason, or a time limit, or another server. */
const CURSOR_CODES: readonly unknown[] = [...GONE_CODES, 43];
const CATALOG_ATTEMPTS = 5;

/**
 * Fixes the moment as of which everything is read, and what there is at that moment.
 *
 * @param noneReason - Why no moment is wanted after all; decides for none
 */
export async function planReading(
  db: mongo.Db,
  facts: ServerFacts,
  { noneReason, signal }: { noneReason?: string | undefined; signal?: AbortSignal },
): Promise<ReadPlan> {
  const read = (): Promise<CatalogEntry[]> =>
    readCatalog(db, { hasRawTimeSeries: facts.hasRawTimeSeries, ...(signal && { signal }) });
  if (noneReason !== undefined) {
    const level = facts.topology === 'replica-set' ? { level: 'majority' } : undefined;
    return {
      entries: await read(),
      consistency: { kind: 'none', reason: noneReason },
      readConcern: () => level,
    };
  }
  let entries = await read();
  for (let attempt = 1; attempt <= CATALOG_ATTEMPTS; attempt += 1) {
    const atClusterTime = await readClusterTime(db, signal);
    // What is there now was there at that moment only if it was there before as well.
    const after = await read();
    if (fingerprint(after) === fingerprint(entries)) return pointInTime(entries, atClusterTime);
    entries = after;
  }
  throw lost('Collections and indexes were changed all the time');
}

/**
 * Makes sure that nothing was dropped or renamed meanwhile: of a collection that is gone the server reads no documents, and says
 * nothing.
 *
 * @throws {@link BackupError} `BACKUP_COLLECTION_GONE`
 */
export async function checkUnchanged(
  db: mongo.Db,
  facts: ServerFacts,
  { entries }: ReadPlan,
  signal?: AbortSignal,
): Promise<void> {
  const options = { hasRawTimeSeries: facts.hasRawTimeSeries, ...(signal && { signal }) };
  const now = new Map((await readCatalog(db, options)).map((entry) => [entry.collection, entry.identity]));
  for (const { collection, identity } of entries) {
    if (!now.has(collection) || now.get(collection) !== identity) {
      throw gone(`Collection ${collection}`);
    }
  }
}

/** Whether the server may have ended a cursor because its collection went: {@link checkUnchanged} knows which. */
export function hasCursorEnded(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && CURSOR_CODES.includes(error.code);
}

/**
 * What to say when reading has failed because of its moment, or of what went meanwhile.
 *
 * @returns `undefined` when another attempt would be of no use
 */
export function toRepeatable(error: unknown): BackupError | undefined {
  if (error instanceof BackupError) return REPEATABLE.includes(error.code) ? error : undefined;
  if (!(error instanceof mongo.MongoServerError)) return undefined;
  if (GONE_CODES.includes(error.code)) return gone('A collection', error);
  if (!SNAPSHOT_CODES.includes(error.code)) return undefined;
  return lost('The server no longer knows the moment that was begun with', error);
}

function gone(what: string, cause?: unknown): BackupError {
  return new BackupError('BACKUP_COLLECTION_GONE', `${what} was dropped or renamed while it was read`, {
    cause,
    nextStep: 'run it again when collections are neither dropped nor renamed',
  });
}

/** Names the error of a server that no longer knows the moment. */
export function lost(message: string, cause?: unknown): BackupError {
  const nextStep =
    'run it again; if the dump takes longer than the server remembers, raise its parameter minSnapshotHistoryWindowInSeconds';
  return new BackupError('BACKUP_SNAPSHOT_LOST', message, { cause, nextStep });
}

async function readClusterTime(db: mongo.Db, signal?: AbortSignal): Promise<mongo.Timestamp> {
  const { operationTime } = await db.command({ ping: 1 }, { ...(signal && { signal }) });
  if (operationTime instanceof mongo.Timestamp) return operationTime;
  throw lost('The server tells no cluster time');
}

function pointInTime(entries: CatalogEntry[], atClusterTime: mongo.Timestamp): ReadPlan {
  const clusterTime = { t: atClusterTime.getHighBitsUnsigned(), i: atClusterTime.getLowBitsUnsigned() };
  const exceptions = entries.filter(({ isCapped }) => isCapped).map(({ collection }) => collection);
  return {
    entries,
    consistency: { kind: 'snapshot', clusterTime, exceptions },
    // The server refuses to read capped collections as of a moment.
    readConcern: ({ isCapped }) => (isCapped ? { level: 'majority' } : { level: 'snapshot', atClusterTime }),
  };
}
