import type { mongo } from 'mongoose';
import { readCatalog } from '../backup/catalog.ts';
import { defaultName } from '../backup/backup-name.ts';
import { createBackup } from '../backup/create-backup.ts';
import { SAFETY_PREFIX } from '../backup/list-backups.ts';
import type { Progress } from '../terminal/progress.ts';
import { printable } from '../terminal/table.ts';
import { RestoreError } from './restore.error.ts';

/** A backup of what is about to be dropped. */
export interface SafetyBackupOptions {
  db: mongo.Db;
  /** Where backups are kept. */
  folder: string;
  /** Of the server. */
  hasRawTimeSeries: boolean;
  signal: AbortSignal;
  progress: Progress | undefined;
}

/** What tells whether something was added to a database: by the name of each collection its identity and how many documents it has. */
type Content = Map<string, { identity: string | undefined; documents: number }>;

/**
 * Saves a database before it is dropped, with gzip: it is there in case of a mistake, and disks are small. What is written meanwhile
 * may be in it or not, so that it counts before and after: nothing is to be dropped that was not saved.
 *
 * @returns Path of the backup
 * @throws {@link RestoreError} `SAFETY_BACKUP_FAILED`, `TARGET_CHANGED`, or the reason of the signal
 */
export async function saveBeforeDrop(options: SafetyBackupOptions): Promise<string> {
  const before = await readContent(options);
  const path = await save(options);
  const added = findAdded(before, await readContent(options));
  if (added.length === 0) return path;
  const message = `Somebody has written into ${options.db.databaseName} while it was saved: ${added.join(', ')}`;
  throw new RestoreError('TARGET_CHANGED', message, {
    nextStep: `stop what writes into it and run it again; nothing was dropped, and ${path} holds what was saved`,
  });
}

async function save({ db, folder, signal, progress }: SafetyBackupOptions): Promise<string> {
  try {
    const name = defaultName(folder, db.databaseName, SAFETY_PREFIX);
    const { path } = await createBackup({ db, out: folder, name, compression: 'gzip', signal, progress });
    return path;
  } catch (cause) {
    signal.throwIfAborted();
    const reason = Error.isError(cause) ? cause.message.split('\n')[0] : String(cause);
    const message = `What is in ${db.databaseName} cannot be saved, so it is not dropped: ${reason}`;
    throw new RestoreError('SAFETY_BACKUP_FAILED', message, {
      cause,
      nextStep: 'name another folder with --backups, or drop without saving by --no-safety-backup',
    });
  }
}

/** The counts are those that the server keeps: they cost nothing, and may be wrong after a crash, but by as much before as after. */
async function readContent({ db, hasRawTimeSeries, signal }: SafetyBackupOptions): Promise<Content> {
  const content: Content = new Map();
  for (const { collection, identity, storage } of await readCatalog(db, { hasRawTimeSeries, signal })) {
    const documents = storage === undefined ? 0 : await db.collection(storage).estimatedDocumentCount();
    content.set(collection, { identity, documents });
  }
  return content;
}

/** What went or has expired was saved, and is no loss. */
function findAdded(before: Content, after: Content): string[] {
  return [...after].flatMap(([name, { identity, documents }]) => {
    const former = before.get(name);
    if (!former || former.identity !== identity) return [`the collection ${printable(name)}`];
    const more = documents - former.documents;
    return more > 0 ? [`${printable(name)}: ${more} more documents`] : [];
  });
}
