import { DatabaseError } from '../errors/database.error.ts';

/** A call came out of a transaction that is over; run then, it would stay although the transaction is undone. Nothing was sent. */
export class TransactionEndedError extends DatabaseError {
  readonly code = 'TRANSACTION_ENDED';

  constructor() {
    super('The transaction has ended: await every call inside it, or start what outlives it outside');
  }
}
