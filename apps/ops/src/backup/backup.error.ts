import { CommandError, type CommandErrorOptions } from '../command.error.ts';
import { EXIT } from '../exit-codes.ts';

/** Why a backup cannot be made, read or trusted. */
export type BackupErrorCode =
  /** There is no manifest, or not of this kind. */
  | 'BACKUP_NOT_FOUND'
  /** What is on disk is not what was written. */
  | 'BACKUP_DAMAGED'
  /** The system cannot read it, which says nothing about what is in it. */
  | 'BACKUP_UNREADABLE'
  /** Written by a later version of this tool. */
  | 'BACKUP_TOO_NEW'
  /** The process that wrote it was ended before it was done. */
  | 'BACKUP_UNFINISHED'
  | 'BACKUP_EXISTS'
  /** Wrong use: no backup can be called so. */
  | 'BACKUP_NAME_INVALID'
  /** What is to hold the backups is no folder, or the system keeps it from being used. */
  | 'BACKUP_FOLDER_UNUSABLE'
  | 'BACKUP_NO_SPACE'
  /** The server no longer knows the state as of the point in time that was begun with. */
  | 'BACKUP_SNAPSHOT_LOST'
  /** A collection was dropped or renamed while the backup was made, each time. */
  | 'BACKUP_COLLECTION_GONE'
  | 'BACKUP_INTERRUPTED'
  /** The server kept a drill from restoring the backup. */
  | 'BACKUP_DRILL_NOT_ENDED';

/** What went wrong with a backup, for people: one sentence, and what to do next. */
export class BackupError extends CommandError {
  declare readonly code: BackupErrorCode;

  constructor(code: BackupErrorCode, message: string, options: CommandErrorOptions = {}) {
    super(code, message, options);
    this.name = BackupError.name;
  }
}

/**
 * Names what keeps a folder from holding backups.
 *
 * @param option - Of the command line, by which another one is named
 * @param cause - Of the system; what has been named already is returned as it is
 */
export function unusableFolder(folder: string, option: '--out' | '--backups', cause: unknown): BackupError {
  if (cause instanceof BackupError) return cause;
  const { code } = cause as { code?: unknown };
  const isNone = code === 'ENOTDIR' || code === 'EEXIST';
  const message = isNone ? `${folder} is no folder` : `${folder} cannot be used (${String(code)})`;
  const other = `name a folder with ${option}`;
  return new BackupError('BACKUP_FOLDER_UNUSABLE', message, {
    cause,
    nextStep: isNone ? other : `look at its rights and at the disk, or ${other}`,
    exitCode: isNone ? EXIT.usage : EXIT.failed,
  });
}

/** Whether the system says that there is no such file. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * Names what keeps the system from reading a backup: rights, the disk, the network, too many open files.
 *
 * @param path - Of the file, from the folder of the backup
 * @param cause - Of the system
 */
export function unreadable(path: string, cause: unknown): BackupError {
  const { code } = cause as { code?: unknown };
  return new BackupError('BACKUP_UNREADABLE', `${path} cannot be read (${String(code)})`, {
    cause,
    nextStep:
      'look at the rights and the disk, then run it again: this says nothing about what is in the backup',
  });
}
