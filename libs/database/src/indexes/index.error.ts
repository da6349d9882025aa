import { DatabaseError } from '../errors/database.error.ts';

/** Two declarations of an index cannot both be met: the server tells them apart neither by keys nor by filter or collation. */
export class IndexesContradictError extends DatabaseError {
  readonly code = 'INDEXES_CONTRADICT';

  constructor(
    readonly collection: string,
    readonly indexes: readonly string[],
  ) {
    super(`The schemas of collection ${collection} declare ${indexes.join(' and ')} with different options`);
  }
}
