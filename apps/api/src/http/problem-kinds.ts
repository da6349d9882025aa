import { STATUS_CODES } from 'node:http';
import {
  DatabaseTimeoutError,
  DatabaseUnavailableError,
  DocumentInvalidError,
  DocumentNotFoundError,
  DuplicateKeyError,
  FilterInvalidError,
  NotPermittedError,
  TransactionUnsupportedError,
  VersionConflictError,
} from '#database';
import { HttpException } from '@nestjs/common';
import type { ProblemKind } from './problem.ts';

const INTERNAL: ProblemKind = {
  status: 500,
  code: 'INTERNAL_ERROR',
  detail: 'Something went wrong on our side',
};
const UNAVAILABLE: ProblemKind = {
  status: 503,
  code: 'DATABASE_UNAVAILABLE',
  detail: 'The database is not available at the moment, try again later',
};

/** What each status says when the framework, not our code, refuses a request. */
const DETAILS: Record<number, string> = {
  400: 'The request cannot be understood',
  401: 'A valid token is needed',
  404: 'There is nothing here',
  405: 'This method is not available here',
  408: 'The request took too long to arrive',
  413: 'The body is larger than this service takes',
  414: 'The address is longer than this service takes',
  415: 'The content type is not one that this service takes',
  429: 'Too many requests, try again later',
  431: 'The headers are larger than this service takes',
  503: 'The service is not available at the moment, try again later',
};

/**
 * The one place that decides what an error becomes outside. Nothing of the error's own text passes, unless our code wrote it for
 * the client.
 */
export function toProblemKind(error: unknown): ProblemKind {
  return fromDatabase(error) ?? fromHttp(error) ?? INTERNAL;
}

function fromDatabase(error: unknown): ProblemKind | undefined {
  if (error instanceof DatabaseUnavailableError) return UNAVAILABLE;
  if (error instanceof DatabaseTimeoutError) {
    return { status: 503, code: error.code, detail: 'The database took too long, try again later' };
  }
  if (error instanceof DuplicateKeyError) {
    const errors = error.fields.map((path) => ({ path, message: 'is already taken' }));
    return { status: 409, code: error.code, detail: error.message, errors };
  }
  if (error instanceof DocumentInvalidError || error instanceof FilterInvalidError) {
    return { status: 400, code: error.code, detail: 'Some fields are not valid', errors: error.problems };
  }
  if (error instanceof DocumentNotFoundError) return { status: 404, code: error.code, detail: error.message };
  if (error instanceof VersionConflictError) return { status: 412, code: error.code, detail: error.message };
  // Faults of the installation: the log tells them, the client cannot mend them.
  if (error instanceof NotPermittedError || error instanceof TransactionUnsupportedError) return INTERNAL;
  return undefined;
}

function fromHttp(error: unknown): ProblemKind | undefined {
  const status = statusOf(error);
  if (status === undefined || status < 400 || status > 599 || status === 500) return undefined;
  const code = (STATUS_CODES[status] ?? 'Error').toUpperCase().replaceAll(/[^A-Z]+/g, '_');
  return { status, code, detail: DETAILS[status] ?? STATUS_CODES[status] ?? 'Error' };
}

/** Nest's exceptions, and the errors of Fastify and its plugins. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  // Fastify makes its errors without the Error constructor, so no check of the class finds them all.
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
