import { DatabaseError } from '../errors/database.error.ts';

/** Why a cursor is refused; each has one sentence for people in {@link CursorInvalidError}. */
export type CursorFault = keyof typeof SENTENCES;

const SENTENCES = {
  'not-genuine': 'The cursor is not one that was given out',
  'other-query': 'The cursor belongs to another filter or sort',
} as const;

/** A cursor that cannot be used for this page. Nothing was sent. */
export class CursorInvalidError extends DatabaseError {
  readonly code = 'CURSOR_INVALID';

  constructor(
    readonly reason: CursorFault,
    cause?: unknown,
  ) {
    super(SENTENCES[reason], { cause });
  }
}

/** Pages cannot be made of this sort, projection, or of what a document holds in a sort field. */
export class PageSortError extends DatabaseError {
  readonly code = 'PAGE_SORT_INVALID';

  /**
   * @param path - The field at fault
   * @param problem - What is wrong, without the value
   */
  constructor(
    readonly path: string,
    problem: string,
  ) {
    super(`Pages cannot be sorted by ${path}: ${problem}`);
  }
}
