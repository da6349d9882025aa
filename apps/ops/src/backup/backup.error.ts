import { CommandError, type CommandErrorOptions } from '../command.error.ts';

/** Why a backup cannot be made, read or trusted. */
export type BackupErrorCode =
  /** There is no manifest, or not of this kind. */
  | 'BACKUP_NOT_FOUND'
  /** What is on disk is not what was written. */
  | 'BACKUP_DAMAGED'
  /** Written by a later version of this tool. */
  | 'BACKUP_TOO_NEW'
  /** The process that wrote it was ended before it was done. */
  | 'BACKUP_UNFINISHED'
  | 'BACKUP_EXISTS'
  | 'BACKUP_NO_SPACE'
  /** The server no longer knows the state as of the point in time that was begun with. */
  | 'BACKUP_SNAPSHOT_LOST'
  | 'BACKUP_INTERRUPTED'
  /** A drill could restore the backup, but not to the same content. */
  | 'BACKUP_DRILL_FAILED';

/** What went wrong with a backup, for people: one sentence, and what to do next. */
export class BackupError extends CommandError {
  declare readonly code: BackupErrorCode;

  constructor(code: BackupErrorCode, message: string, options: CommandErrorOptions = {}) {
    super(code, message, options);
    this.name = BackupError.name;
  }
}
