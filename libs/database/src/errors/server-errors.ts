import { mongo } from 'mongoose';
import {
  DatabaseTimeoutError,
  DatabaseUnavailableError,
  DocumentInvalidError,
  DuplicateKeyError,
  FilterInvalidError,
  NotPermittedError,
  TransactionUnsupportedError,
  type UnavailableReason,
} from './database.error.ts';
import { problemsOfServerValidation } from './field-problems.ts';

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
  334: 'authentication', // MechanismUnavailable
  64: 'not-confirmed', // WriteConcernTimeout
  79: 'not-confirmed', // UnknownReplWriteConcern
  100: 'not-confirmed', // UnsatisfiableWriteConcern
};
const TIMEOUT_CODES = [50, 202, 262]; // MaxTimeMSExpired, NetworkInterfaceExceededTimeLimit, ExceededTimeLimit
const NOT_PERMITTED_CODES = [13, 8000]; // Unauthorized, AtlasError
/** With one of those codes: no user at all, or one that Atlas does not let in. */
const UNAUTHENTICATED = /requires authentication|bad auth/i;
const DUPLICATE_KEY_CODES = [11000, 11001, 12582];
const BAD_VALUE_CODE = 2;
const TOO_LARGE_CODES = [BAD_VALUE_CODE, 15, 17280, 10334, 17419, 17420]; // Overflow and the size limits of documents
const DOCUMENT_VALIDATION_CODE = 121;
const ILLEGAL_OPERATION_CODE = 20;
/** What stands in the documents is not what an update needs: TypeMismatch, PathNotViable, ConflictingUpdateOperators and others. */
const UNSUITABLE_CODES = [14, 28, 40, 54, 66];
/** BadValue, which it is for lists, is else a mistake in the code. */
const NOT_A_LIST = /must be an array/;
/** What the server says of a transaction where there is no replica set, and what the driver makes of it. */
const NO_TRANSACTIONS = /^Transaction numbers|does not support retryable writes/;

/**
 * Names what a server answered.
 *
 * @param error - Of the driver, with the code of the server
 * @returns A `DatabaseError`, or `error` itself when its code is not known here
 */
export function fromServer(error: mongo.MongoServerError): unknown {
  // A bulk write reports the code of its first write error; a write concern error has a code of its own.
  const writeError = error instanceof mongo.MongoBulkWriteError ? [error.writeErrors].flat()[0] : undefined;
  const code = Number(writeError?.code ?? error.code);
  const reason = SERVER_REASONS[code];
  if (reason !== undefined) return new DatabaseUnavailableError(reason, error);
  if (TIMEOUT_CODES.includes(code)) return new DatabaseTimeoutError(error);
  if (NOT_PERMITTED_CODES.includes(code)) {
    return UNAUTHENTICATED.test(error.message)
      ? new DatabaseUnavailableError('authentication', error)
      : new NotPermittedError(error);
  }
  if (DUPLICATE_KEY_CODES.includes(code))
    return new DuplicateKeyError(fieldsOfDuplicate(error, writeError), error);
  if (code === DOCUMENT_VALIDATION_CODE)
    return new DocumentInvalidError(problemsOfServerValidation(writeError?.errInfo ?? error.errInfo), error);
  if (TOO_LARGE_CODES.includes(code) && /too large|nest|depth|size/i.test(error.message)) {
    return new DocumentInvalidError([{ path: '', message: 'it is too large or nested too deeply' }], error);
  }
  if (UNSUITABLE_CODES.includes(code) || (code === BAD_VALUE_CODE && NOT_A_LIST.test(error.message))) {
    return new FilterInvalidError(
      [{ path: '', message: 'the server cannot apply it to what is stored' }],
      error,
    );
  }
  if ((code === ILLEGAL_OPERATION_CODE || Number.isNaN(code)) && NO_TRANSACTIONS.test(error.message)) {
    return new TransactionUnsupportedError(error);
  }
  if (error.hasErrorLabel('TransientTransactionError')) {
    return new DatabaseUnavailableError('write-conflict', error);
  }
  // Old servers and proxies send the state as text only.
  if (
    error.hasErrorLabel('RetryableWriteError') ||
    /not (writable )?primary|not master|node is recovering/i.test(error.message)
  ) {
    return new DatabaseUnavailableError('no-primary', error);
  }
  return error;
}

function fieldsOfDuplicate(
  error: mongo.MongoServerError,
  writeError: mongo.WriteError | undefined,
): string[] {
  const { keyPattern } = error as { keyPattern?: Record<string, unknown> };
  return keyPattern ? Object.keys(keyPattern) : fieldsOfText(writeError?.errmsg ?? error.message);
}

/**
 * Of a bulk write only the server's text is left, as in `index: email_1 dup key: { email: "…" }`. Values in it are not escaped,
 * so what stands behind the first of them is not read.
 */
function fieldsOfText(text: string): string[] {
  const [, index = '', first] = /index: (.+?)(?: collation: .+?)? dup key: \{ (.+?): /.exec(text) ?? [];
  const named = [...index.matchAll(/(.+?)_(?:-?1|2d|2dsphere|hashed|text)(?:_|$)/g)].flatMap(
    ([, name]) => name ?? [],
  );
  if (first === undefined) return [];
  return named[0] === first ? named : [first];
}
