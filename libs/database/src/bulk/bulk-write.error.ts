import { DatabaseError } from '../errors/database.error.ts';
import type { BulkReport } from './bulk-report.ts';

/**
 * A bulk write has ended early. `cause` tells why: the refusal of one item, as a {@link DuplicateKeyError} would be; a database that is
 * away; the reason of the signal; or what the input itself threw. `code` is that of the cause where it has one of this family, so that
 * the error can be told to others as its cause would be.
 */
export class BulkWriteError extends DatabaseError {
  readonly code: string;

  /** @param report - What was done until then */
  constructor(
    readonly report: BulkReport,
    cause: unknown,
  ) {
    super(describe(report, cause), { cause });
    this.code = cause instanceof DatabaseError ? cause.code : 'BULK_WRITE_INTERRUPTED';
  }
}

function describe({ errors, unconfirmed, read }: BulkReport, cause: unknown): string {
  // What is not of this family may quote a document.
  const reason = cause instanceof DatabaseError ? `: ${cause.message}` : '';
  const refused = errors.find(({ error }) => error === cause);
  if (refused) return `Item ${refused.index} was refused${reason}`;
  const doubt = unconfirmed.length > 0 ? `, ${unconfirmed.length} of them without a clear answer` : '';
  return `The bulk write was interrupted after ${read} items${doubt}${reason}`;
}
