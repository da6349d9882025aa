import { Error as MongooseErrors, mongo, MongooseError } from 'mongoose';
import {
  DatabaseError,
  DatabaseTimeoutError,
  DatabaseUnavailableError,
  DocumentInvalidError,
  DocumentNotFoundError,
  DuplicateKeyError,
  FilterInvalidError,
  NotPermittedError,
  TransactionUnsupportedError,
  VersionConflictError,
  type UnavailableReason,
} from './database.error.ts';
import {
  problemsOfCastError,
  problemsOfServerValidation,
  problemsOfValidationError,
} from './field-problems.ts';

/** What a socket or the resolver reports, by `code` of the error. */
const SOCKET_REASONS: Record<string, UnavailableReason> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'connection-lost',
  ECONNABORTED: 'connection-lost',
  EPIPE: 'connection-lost',
  ENOTCONN: 'connection-lost',
  ETIMEDOUT: 'no-answer',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  ENODATA: 'unknown-host',
  ESERVFAIL: 'unknown-host',
};

/** Server error codes that make another try sensible: https://github.com/mongodb/mongo/blob/v8.0/src/mongo/base/error_codes.yml */
const SERVER_REASONS: Record<number, UnavailableReason> = {
  6: 'unreachable', // HostUnreachable
  7: 'unknown-host', // HostNotFound
  89: 'no-answer', // NetworkTimeout
  91: 'shutting-down', // ShutdownInProgress
  112: 'write-conflict', // WriteConflict
  133: 'no-primary', // FailedToSatisfyReadPreference
  134: 'no-primary', // ReadConcernMajorityNotAvailableYet
  189: 'no-primary', // PrimarySteppedDown
  9001: 'connection-lost', // SocketException
  10107: 'no-primary', // NotWritablePrimary
  11600: 'shutting-down', // InterruptedAtShutdown
  11602: 'no-primary', // InterruptedDueToReplStateChange
  13435: 'no-primary', // NotPrimaryNoSecondaryOk
  13436: 'no-primary', // NotPrimaryOrSecondary
  14031: 'no-space', // OutOfDiskSpace
  18: 'authentication', // AuthenticationFailed
  64: 'not-confirmed', // WriteConcernTimeout
  79: 'not-confirmed', // UnknownReplWriteConcern
  100: 'not-confirmed', // UnsatisfiableWriteConcern
};
const TIMEOUT_CODES = [50, 202, 262]; // MaxTimeMSExpired, NetworkInterfaceExceededTimeLimit, ExceededTimeLimit
const NOT_PERMITTED_CODES = [13, 8000]; // Unauthorized, AtlasError
const DUPLICATE_KEY_CODES = [11000, 11001, 12582];
const TOO_LARGE_CODES = [2, 15, 17280, 10334, 17419, 17420]; // BadValue, Overflow and the size limits of documents
/** By name, since the driver does not export all of these classes. */
const CLOSED_ERRORS = [
  'MongoClientClosedError',
  'MongoNotConnectedError',
  'MongoPoolClosedError',
  'MongoServerClosedError',
  'MongoTopologyClosedError',
];
const DOCUMENT_VALIDATION_CODE = 121;
const ILLEGAL_OPERATION_CODE = 20;

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
  if (error instanceof mongo.BSON.BSONError || isSerializerOverflow(error)) {
    return new DocumentInvalidError([{ path: '', message: 'it cannot be stored as BSON' }], error);
  }
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

function fromServer(error: mongo.MongoServerError): unknown {
  // A bulk write reports the code of its first write error; a write concern error has a code of its own.
  const writeError = error instanceof mongo.MongoBulkWriteError ? [error.writeErrors].flat()[0] : undefined;
  const code = Number(writeError?.code ?? error.code);
  const reason = SERVER_REASONS[code];
  if (reason !== undefined) return new DatabaseUnavailableError(reason, error);
  if (TIMEOUT_CODES.includes(code)) return new DatabaseTimeoutError(error);
  if (NOT_PERMITTED_CODES.includes(code)) return new NotPermittedError(error);
  if (DUPLICATE_KEY_CODES.includes(code))
    return new DuplicateKeyError(fieldsOfDuplicate(error, writeError), error);
  if (code === DOCUMENT_VALIDATION_CODE)
    return new DocumentInvalidError(problemsOfServerValidation(error), error);
  if (TOO_LARGE_CODES.includes(code) && /too large|nest|depth|size/i.test(error.message)) {
    return new DocumentInvalidError([{ path: '', message: 'it is too large or nested too deeply' }], error);
  }
  if (code === ILLEGAL_OPERATION_CODE && error.message.startsWith('Transaction numbers')) {
    return new TransactionUnsupportedError(error);
  }
  // Old servers and proxies send the state as text only.
  if (
    error.hasErrorLabel('RetryableWriteError') ||
    /not (writable )?primary|node is recovering/i.test(error.message)
  ) {
    return new DatabaseUnavailableError('no-primary', error);
  }
  return error;
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
  topology: Pick<mongo.TopologyDescription, 'servers'> | undefined,
  cause?: unknown,
): DatabaseUnavailableError {
  const servers = [...(topology?.servers?.values() ?? [])];
  if (servers.some((server) => server.type !== 'Unknown'))
    return new DatabaseUnavailableError('no-primary', cause);
  for (const { error } of servers) {
    const named = error && toDatabaseError(error);
    if (named instanceof DatabaseUnavailableError)
      return new DatabaseUnavailableError(named.reason, cause ?? error);
  }
  return new DatabaseUnavailableError('no-answer', cause);
}

function fromClient(error: Error): unknown {
  // A network error of the driver wraps the socket's; without one the message alone tells.
  for (let inner: unknown = error; Error.isError(inner); inner = inner.cause) {
    const reason = 'code' in inner ? SOCKET_REASONS[String(inner.code)] : undefined;
    if (reason !== undefined) return new DatabaseUnavailableError(reason, error);
    if (
      'code' in inner &&
      /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(String(inner.code))
    ) {
      return new DatabaseUnavailableError('tls', error);
    }
  }
  // Not exported by the driver either.
  if (error.name === 'MongoWaitQueueTimeoutError') return new DatabaseUnavailableError('overloaded', error);
  if (error instanceof mongo.MongoOperationTimeoutError) return new DatabaseTimeoutError(error);
  if (error instanceof mongo.MongoNetworkTimeoutError)
    return new DatabaseUnavailableError('no-answer', error);
  if (error instanceof mongo.MongoNetworkError) return new DatabaseUnavailableError('connection-lost', error);
  if (CLOSED_ERRORS.includes(error.name)) return new DatabaseUnavailableError('closed', error);
  return error;
}

/** The serializer recurses; a document nested thousands deep exhausts the stack. */
function isSerializerOverflow(error: Error): boolean {
  return error instanceof RangeError && (error.stack ?? '').includes('bson');
}

function fieldsOfDuplicate(
  error: mongo.MongoServerError,
  writeError: mongo.WriteError | undefined,
): string[] {
  const details = (writeError?.err ?? error) as { keyPattern?: Record<string, unknown> };
  return Object.keys(details.keyPattern ?? error.keyPattern ?? {});
}
