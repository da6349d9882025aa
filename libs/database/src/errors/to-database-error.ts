import { Error as MongooseErrors, mongo, MongooseError } from 'mongoose';
import { fromClient, isTooLargeToSend, reasonOfText } from './client-errors.ts';
import {
  DatabaseError,
  DatabaseUnavailableError,
  DocumentInvalidError,
  DocumentNotFoundError,
  FilterInvalidError,
  VersionConflictError,
} from './database.error.ts';
import { problemsOfCastError, problemsOfValidationError } from './field-problems.ts';
import { fromServer } from './server-errors.ts';

/**
 * Names what the driver, Mongoose or a socket reports. What it does not know passes unchanged, so that a mistake in the code
 * keeps its own name and stack.
 *
 * @param error - Whatever was thrown
 * @returns A {@link DatabaseError} with the original as `cause`, or `error` itself
 */
export function toDatabaseError(error: unknown): unknown {
  if (error instanceof DatabaseError || !Error.isError(error)) return error;
  if (error instanceof MongooseError && !(error instanceof MongooseErrors.MongooseServerSelectionError)) {
    return fromMongoose(error);
  }
  if (error instanceof mongo.BSON.BSONError) {
    return new DocumentInvalidError([{ path: '', message: 'it cannot be stored as BSON' }], error);
  }
  if (isTooLargeToSend(error)) {
    return new DocumentInvalidError([{ path: '', message: 'it is too large or nested too deeply' }], error);
  }
  if (isInterruptedBulk(error)) return fromInterruptedBulk(error);
  if (error instanceof mongo.MongoServerError) return fromServer(error);
  if (isServerSelectionError(error)) return fromServerSelection(error);
  return fromClient(error);
}

function fromMongoose(error: MongooseError): unknown {
  if (error instanceof MongooseErrors.ValidationError) {
    return new DocumentInvalidError(problemsOfValidationError(error), error);
  }
  if (error instanceof MongooseErrors.CastError)
    return new FilterInvalidError(problemsOfCastError(error), error);
  if (error instanceof MongooseErrors.StrictModeError) {
    return new FilterInvalidError(
      [{ path: error.path, message: 'is not a field of this collection' }],
      error,
    );
  }
  if (error instanceof MongooseErrors.DocumentNotFoundError) return new DocumentNotFoundError(error);
  if (error instanceof MongooseErrors.VersionError) return new VersionConflictError(error);
  if (/before initial connection is complete|buffering timed out/.test(error.message)) {
    return new DatabaseUnavailableError('connecting', error);
  }
  return error;
}

/** Whether it is no answer of the server that ended a bulk write. */
function isInterruptedBulk(error: Error): error is mongo.MongoBulkWriteError {
  return error instanceof mongo.MongoBulkWriteError && typeof error.code !== 'number';
}

/** A bulk write that cannot go on wraps what the driver met, and keeps of it the text and the state of the servers only. */
function fromInterruptedBulk(error: mongo.MongoBulkWriteError & { reason?: unknown }): unknown {
  if (error.reason !== undefined) return fromServerSelection(error);
  const reason = reasonOfText(error.message);
  return reason === undefined ? error : new DatabaseUnavailableError(reason, error);
}

function isServerSelectionError(
  error: Error,
): error is mongo.MongoServerSelectionError | MongooseErrors.MongooseServerSelectionError {
  return (
    error instanceof mongo.MongoServerSelectionError ||
    error instanceof MongooseErrors.MongooseServerSelectionError
  );
}

/** Selection fails with the state of every server; the error that a server itself met says more than the lapse of time. */
function fromServerSelection(error: { reason?: unknown } & Error): DatabaseUnavailableError {
  return topologyFailure(error.reason as mongo.TopologyDescription | undefined, error);
}

/**
 * Why a topology has no writable server.
 *
 * @param topology - As the driver last described it
 * @param cause - Kept as `cause`
 */
export function topologyFailure(
  topology: Pick<mongo.TopologyDescription, 'servers' | 'type'> | undefined,
  cause?: unknown,
): DatabaseUnavailableError {
  const servers = [...(topology?.servers?.values() ?? [])];
  // A replica set without a member: those that were reached belong to no set, or to another one.
  const isEmptySet = servers.length === 0 && topology?.type === 'ReplicaSetNoPrimary';
  if (isEmptySet || servers.some((server) => server.type !== 'Unknown'))
    return new DatabaseUnavailableError('no-primary', cause);
  for (const { error } of servers) {
    const named = error && toDatabaseError(error);
    if (named instanceof DatabaseUnavailableError)
      return new DatabaseUnavailableError(named.reason, cause ?? error);
  }
  return new DatabaseUnavailableError('no-answer', cause);
}
