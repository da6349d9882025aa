import { mongo } from 'mongoose';
import { DatabaseTimeoutError, DatabaseUnavailableError, type UnavailableReason } from './database.error.ts';

/** What a socket or the resolver reports, by `code` of the error. */
const SOCKET_REASONS: Record<string, UnavailableReason> = {
  ECONNREFUSED: 'refused',
  ENOENT: 'refused', // The file of a Unix socket.
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

/** By name, since the driver does not export all of these classes. */
const CLOSED_ERRORS = [
  'MongoClientClosedError',
  'MongoExpiredSessionError', // The driver ends the sessions of calls in flight first.
  'MongoNotConnectedError',
  'MongoPoolClosedError',
  'MongoServerClosedError',
  'MongoTopologyClosedError',
];
const TEXT_REASONS: [RegExp, UnavailableReason][] = [
  [/checking out a connection/i, 'overloaded'],
  [/timed out/i, 'no-answer'],
  [/must be connected|client was closed|pool is closed|session that has ended/i, 'closed'],
  [/^connection .* closed|pool .* was cleared/i, 'connection-lost'],
];

/**
 * Names what the driver itself met: a socket, the resolver, TLS, its pool.
 *
 * @returns A `DatabaseError`, or `error` itself when it is something else
 */
export function fromClient(error: Error): unknown {
  // A network error of the driver wraps the socket's; without one the message alone tells.
  for (let inner: unknown = error; Error.isError(inner); inner = inner.cause) {
    const reason = reasonOfSocketError(inner);
    if (reason !== undefined) return new DatabaseUnavailableError(reason, error);
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

function reasonOfSocketError(
  error: { code?: unknown; syscall?: unknown } & Error,
): UnavailableReason | undefined {
  const syscall = String(error.syscall);
  // The driver opens files for TLS alone; `query…` are look-ups of mongodb+srv names.
  if (syscall === 'open' || TLS_CODES.test(String(error.code)) || TLS_TEXT.test(error.message)) return 'tls';
  if (syscall.startsWith('query')) return 'unknown-host';
  return SOCKET_REASONS[String(error.code)];
}

const TLS_CODES = /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;
const TLS_TEXT = /before secure TLS connection/;

/** Size of the buffer in which the driver serializes, in bytes; writing past its end is what a document over that size does. */
const SERIALIZER_BYTES = 17 * 1_048_576;
/** How Mongoose walks down a document, a filter or an update. The driver itself does not recurse. */
const WALKERS = ['clone', 'cloneArray', 'cloneObject', 'clonePOJOsAndArrays'];
/** A line of a stack with the name of a function: `at Object.clone [as copy] (file:1:2)`. */
const FRAME = /^\s+at (?:.*[ .])?([\w$#]+)(?: \[as [^\]]*\])? \(/;

/**
 * Whether it is the size or the depth of what was to be sent that broke a limit of the driver or of Mongoose. Both report it by a
 * plain `RangeError`, as a mistake in the code would be; what is not certainly theirs does not count.
 */
export function isTooLargeToSend(error: { code?: unknown } & Error): boolean {
  if (error instanceof mongo.MongoInvalidArgumentError) {
    return /larger than the maximum size/.test(error.message);
  }
  if (error.name !== 'RangeError') return false;
  if (error.message === 'offset is out of bounds') return error.stack?.includes(' serializeBinary ') === true;
  if (error.code !== 'ERR_OUT_OF_RANGE') return /call stack/i.test(error.message) && isWalkOfMongoose(error);
  return (
    error.message.startsWith('The value of "offset"') && error.message.includes(`<= ${SERIALIZER_BYTES}.`)
  );
}

/** By the names of the functions that recur, since in a bundle every function is in the one file; the bundle keeps names. */
function isWalkOfMongoose({ stack = '' }: Error): boolean {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line) && !line.includes('(<anonymous>)'));
  const names = frames.map((line) => FRAME.exec(line)?.[1] ?? '');
  const recurring = names.filter((name, index) => names.indexOf(name) !== index);
  return recurring.length > 0 && recurring.every((name) => WALKERS.includes(name));
}

/** For errors of the driver of which only the text is left. */
export function reasonOfText(text: string): UnavailableReason | undefined {
  const socketCode = /\bE[A-Z_]{4,}\b/.exec(text)?.[0];
  return SOCKET_REASONS[String(socketCode)] ?? TEXT_REASONS.find(([pattern]) => pattern.test(text))?.[1];
}
