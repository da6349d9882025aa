import { STATUS_CODES } from 'node:http';
import {
  BulkWriteError,
  CursorInvalidError,
  DatabaseTimeoutError,
  DatabaseUnavailableError,
  DocumentInvalidError,
  DocumentNotFoundError,
  DuplicateKeyError,
  FilterInvalidError,
  NotPermittedError,
  PageSortError,
  TransactionUnsupportedError,
  VersionConflictError,
} from '#database';
import { HttpException } from '@nestjs/common';
import { ofCode, type ProblemKind } from './problem.ts';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';
import { ProblemException } from './problem.exception.ts';

/** What statuses say that are not in the table, when the framework refuses a request. */
const DETAILS: Record<number, string> = {
  414: 'The address is longer than this service takes',
  503: 'The service is not available at the moment, try again later',
};

/**
 * The one place that decides what an error becomes outside. Nothing of the error's own text passes, unless our code wrote it for
 * the client.
 */
export function toProblemKind(error: unknown): ProblemKind {
  return fromDatabase(error) ?? fromHttp(error) ?? ofCode('INTERNAL_ERROR');
}

function fromDatabase(error: unknown): ProblemKind | undefined {
  if (error instanceof DatabaseUnavailableError || error instanceof DatabaseTimeoutError)
    return ofCode(error.code);
  if (error instanceof DuplicateKeyError) {
    const errors = error.fields.map((path) => ({ path, message: 'is already taken' }));
    return { ...ofCode(error.code, errors), detail: error.message };
  }
  if (error instanceof DocumentInvalidError || error instanceof FilterInvalidError)
    return ofCode(
      error instanceof FilterInvalidError ? 'FILTER_INVALID' : 'DOCUMENT_INVALID',
      error.problems,
    );
  if (error instanceof DocumentNotFoundError || error instanceof VersionConflictError)
    return ofCode(error.code);
  if (error instanceof CursorInvalidError)
    return ofCode(error.code, [{ path: 'cursor', message: 'is not one that was given out for this list' }]);
  if (error instanceof PageSortError)
    return ofCode(error.code, [{ path: 'sort', message: 'names a field that holds a list' }]);
  if (error instanceof BulkWriteError) return toProblemKind(error.cause);
  // Faults of the installation: the log tells them, the client cannot mend them.
  if (error instanceof NotPermittedError || error instanceof TransactionUnsupportedError)
    return ofCode('INTERNAL_ERROR');
  return undefined;
}

function fromHttp(error: unknown): ProblemKind | undefined {
  if (error instanceof ProblemException) return error.kind;
  const status = statusOf(error);
  if (status === undefined || status < 400 || status > 599 || status === 500) return undefined;
  const code = (STATUS_CODES[status] ?? 'Error').toUpperCase().replaceAll(/[^A-Z]+/g, '_');
  if (isProblemCode(code) && PROBLEMS[code].status === status) return ofCode(code);
  return { status, code, detail: DETAILS[status] ?? STATUS_CODES[status] ?? 'Error' };
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

/** Nest's exceptions, and the errors of Fastify and its plugins. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  // Fastify makes its errors without the Error constructor, so no check of the class finds them all.
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
