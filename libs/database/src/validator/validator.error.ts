import { DatabaseError } from '../errors/database.error.ts';

/** A validator must not be enforced: documents that are stored already do not fit it. */
export class ValidatorViolatedError extends DatabaseError {
  readonly code = 'VALIDATOR_VIOLATED';

  /** @param count - Documents that do not fit; `null` when they could not be counted in time */
  constructor(
    readonly collection: string,
    readonly count: number | null,
  ) {
    const documents = count === null ? 'an unknown number of documents' : `${count} documents`;
    super(`Collection ${collection} holds ${documents} that the validator would refuse: mend them first`);
  }
}
