import { mongo } from 'mongoose';
import {
  DatabaseTimeoutError,
  DatabaseUnavailableError,
  type UnavailableReason,
} from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import {
  ChangeStreamLostError,
  ChangeStreamUnsupportedError,
  type ChangeStreamLoss,
  type ResumeToken,
} from './change-stream.error.ts';

/** Codes of the server: https://github.com/mongodb/mongo/blob/v8.0/src/mongo/base/error_codes.yml */
const LOSSES: Record<number, ChangeStreamLoss> = {
  136: 'history-lost', // CappedPositionLost
  280: 'history-lost', // ChangeStreamFatalError: the token is not in the oplog
  286: 'history-lost', // ChangeStreamHistoryLost
  9: 'token-invalid', // FailedToParse, of what is no token
  260: 'token-invalid', // InvalidResumeToken
  40647: 'token-invalid',
  40649: 'token-invalid',
  10334: 'event-too-large', // BSONObjectTooLarge
};
const UNSUPPORTED_CODE = 40573;
/** The cursor is gone, as after a restart or at the hand of an operator: CursorNotFound, CursorKilled, Interrupted. */
const CURSOR_LOST_CODES = [43, 237, 11601];
/** Waiting does not change these. */
const LASTING: readonly UnavailableReason[] = ['closed', 'authentication', 'tls'];

/**
 * What a failed stream means.
 *
 * @param token - The last one that was reached
 * @returns The error to throw, or `undefined` when the stream can be opened again behind `token`
 */
export function fatalErrorOf(error: unknown, token: ResumeToken | undefined): unknown {
  if (error instanceof mongo.MongoServerError) {
    const code = Number(error.code);
    const loss = LOSSES[code];
    if (loss !== undefined) return new ChangeStreamLostError(loss, token, error);
    if (code === UNSUPPORTED_CODE) return new ChangeStreamUnsupportedError(error);
    if (CURSOR_LOST_CODES.includes(code) || error.hasErrorLabel('ResumableChangeStreamError'))
      return undefined;
  }
  const named = toDatabaseError(error);
  if (named instanceof DatabaseTimeoutError) return undefined;
  if (named instanceof DatabaseUnavailableError && !LASTING.includes(named.reason)) return undefined;
  return named;
}

/** Whether the stream ended without a word: the pipeline kept the reason back, or the client was closed. */
export function hasEndedSilently(error: unknown): boolean {
  return error instanceof mongo.MongoRuntimeError && /ChangeStream is closed/.test(error.message);
}
