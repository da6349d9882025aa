import type { mongo } from 'mongoose';
import { createBackup } from '../backup/create-backup.ts';
import type { Progress } from '../terminal/progress.ts';
import { RestoreError } from './restore.error.ts';

/** A backup of what is about to be dropped. */
export interface SafetyBackupOptions {
  db: mongo.Db;
  /** Where backups are kept. */
  folder: string;
  signal: AbortSignal;
  progress: Progress | undefined;
}

/**
 * Saves a database before it is dropped, with gzip: it is there in case of a mistake, and disks are small.
 *
 * @returns Path of the backup
 * @throws {@link RestoreError} `SAFETY_BACKUP_FAILED`, or the reason of the signal
 */
export async function saveBeforeDrop({ db, folder, ...options }: SafetyBackupOptions): Promise<string> {
  try {
    const { path } = await createBackup({ db, out: folder, compression: 'gzip', ...options });
    return path;
  } catch (cause) {
    options.signal.throwIfAborted();
    const reason = Error.isError(cause) ? cause.message.split('\n')[0] : String(cause);
    const message = `What is in ${db.databaseName} cannot be saved, so it is not dropped: ${reason}`;
    throw new RestoreError('SAFETY_BACKUP_FAILED', message, {
      cause,
      nextStep: 'name another folder with --backups, or drop without saving by --no-safety-backup',
    });
  }
}
