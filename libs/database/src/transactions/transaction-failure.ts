import { mongo } from 'mongoose';

/** Of a commit: it took longer than it may, and would again. */
const MAX_TIME_EXPIRED = 50;

/**
 * Whether the whole transaction may run again: it was undone, and another attempt may succeed.
 *
 * @param error - What the function threw, translated or not
 * @param attempt - In the first one a server that cannot be found is away, as for any other call; later it is being replaced
 */
export function isTransient(error: unknown, attempt: number): boolean {
  // The driver does not label the error of a connection that it has given up already.
  return causesOf(error).some(
    (cause) =>
      hasLabel(cause, 'TransientTransactionError') ||
      cause instanceof mongo.MongoNetworkError ||
      (attempt > 1 && cause instanceof mongo.MongoServerSelectionError),
  );
}

/** What the error of a commit means: undone for certain, worth sending again, or neither. */
export function outcomeOfCommit(error: unknown): 'undone' | 'retry' | 'unknown' {
  if (isMaxTimeExpired(error)) return 'unknown';
  if (hasLabel(error, 'UnknownTransactionCommitResult')) return 'retry';
  if (error instanceof mongo.MongoWriteConcernError) return 'unknown';
  if (error instanceof mongo.MongoServerError || error instanceof mongo.MongoTransactionError)
    return 'undone';
  return isOfNetwork(error) ? 'retry' : 'unknown';
}

function isOfNetwork(error: unknown): boolean {
  if (error instanceof mongo.MongoNetworkError || error instanceof mongo.MongoServerSelectionError)
    return true;
  // Not exported by the driver.
  return Error.isError(error) && error.name === 'MongoWaitQueueTimeoutError';
}

/** A translated error carries the labels in the one that it was made of. */
function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let cause = error; Error.isError(cause) && !causes.includes(cause); cause = cause.cause) {
    causes.push(cause);
  }
  return causes;
}

function hasLabel(error: unknown, label: string): boolean {
  return error instanceof mongo.MongoError && error.hasErrorLabel(label);
}

function isMaxTimeExpired(error: unknown): boolean {
  if (!(error instanceof mongo.MongoServerError)) return false;
  const { writeConcernError } = error as { writeConcernError?: { code?: unknown } };
  return error.code === MAX_TIME_EXPIRED || writeConcernError?.code === MAX_TIME_EXPIRED;
}
