import { CommandError, type CommandErrorOptions } from '../command.error.ts';

/** Why nothing was restored. No byte was written when one of these is thrown. */
export type RestoreErrorCode =
  /** The path is no dump and no backup. */
  | 'DUMP_NOT_FOUND'
  /** The path leads into a backup, past its manifest. */
  | 'PART_OF_BACKUP'
  /** From a server with features that this one does not have. */
  | 'DUMP_TOO_NEW'
  /** It holds several databases, or not the one that was asked for. */
  | 'DUMP_DATABASE_UNCLEAR'
  /** The target holds data, and nobody said that it may go. */
  | 'TARGET_NOT_EMPTY'
  /** The name of the target is none that MongoDB takes, or belongs to MongoDB. */
  | 'TARGET_INVALID'
  /** Somebody has written into the target while it was saved. */
  | 'TARGET_CHANGED'
  /** What the target holds could not be saved before it was to be dropped. */
  | 'SAFETY_BACKUP_FAILED';

/** A restore that was refused: one sentence, and what to do next. */
export class RestoreError extends CommandError {
  declare readonly code: RestoreErrorCode;

  constructor(code: RestoreErrorCode, message: string, options: CommandErrorOptions = {}) {
    super(code, message, options);
    this.name = RestoreError.name;
  }
}
