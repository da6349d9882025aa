import { CommandError, type CommandErrorOptions } from '../command.error.ts';

/** Why an import cannot begin or go on. */
export type ImportFailure =
  | 'MAPPING_INVALID'
  | 'NOT_IMPORTED_WHOLLY'
  | 'SOURCE_CHANGED'
  | 'SOURCE_UNREADABLE'
  | 'TARGET_CHANGED'
  | 'TARGET_NOT_EMPTY'
  | 'WRITE_REFUSED';

/** An import that cannot begin, or that had to stop. */
export class ImportError extends CommandError {
  constructor(
    override readonly code: ImportFailure,
    message: string,
    options: CommandErrorOptions = {},
  ) {
    super(code, message, options);
    this.name = ImportError.name;
  }
}
