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
import { BadRequestException, HttpException, InternalServerErrorException } from '@nestjs/common';
import { toProblem, type Problem } from './problem.ts';
import { toProblemKind } from './problem-kinds.ts';

const cause = new Error('secret: connect ECONNREFUSED 10.0.0.7:27017');
const INTERNAL = { status: 500, code: 'INTERNAL_ERROR', detail: 'Something went wrong on our side' };
const UNAVAILABLE = {
  status: 503,
  code: 'DATABASE_UNAVAILABLE',
  detail: 'The database is not available at the moment, try again later',
};

function bodyOf(error: unknown): Problem {
  return toProblem(toProblemKind(error), '/contacts/1?token=secret');
}

describe(toProblemKind.name, () => {
  it.each([
    'connecting',
    'refused',
    'unreachable',
    'unknown-host',
    'no-answer',
    'connection-lost',
    'authentication',
    'tls',
    'no-primary',
    'overloaded',
    'write-conflict',
    'not-confirmed',
    'shutting-down',
    'no-space',
    'closed',
  ] as const)('says no more than unavailable of a database with the reason %s', (reason) => {
    expect(toProblemKind(new DatabaseUnavailableError(reason, cause))).toEqual(UNAVAILABLE);
  });

  it.each<[Error, object]>([
    [
      new DatabaseTimeoutError(cause),
      { status: 503, code: 'DATABASE_TIMEOUT', detail: 'The database took too long, try again later' },
    ],
    [
      new DuplicateKeyError(['owner', 'email'], cause),
      {
        status: 409,
        code: 'DUPLICATE_KEY',
        detail: 'Another document already has this owner + email',
        errors: [
          { path: 'owner', message: 'is already taken' },
          { path: 'email', message: 'is already taken' },
        ],
      },
    ],
    [
      new DocumentInvalidError([{ path: 'email', message: 'is required' }], cause),
      {
        status: 400,
        code: 'DOCUMENT_INVALID',
        detail: 'Some fields are not valid',
        errors: [{ path: 'email', message: 'is required' }],
      },
    ],
    [
      new FilterInvalidError([{ path: 'role', message: 'is not a field of this collection' }], cause),
      {
        status: 400,
        code: 'FILTER_INVALID',
        detail: 'Some fields are not valid',
        errors: [{ path: 'role', message: 'is not a field of this collection' }],
      },
    ],
    [
      new DocumentNotFoundError(cause),
      { status: 404, code: 'DOCUMENT_NOT_FOUND', detail: 'No such document' },
    ],
    [
      new VersionConflictError(cause),
      { status: 412, code: 'VERSION_CONFLICT', detail: 'The document has changed since it was read' },
    ],
    [new NotPermittedError(cause), INTERNAL],
    [new TransactionUnsupportedError(cause), INTERNAL],
  ])('%s', (error, kind) => {
    expect(toProblemKind(error)).toEqual(kind);
  });

  it.each([
    [400, 'BAD_REQUEST', 'The request cannot be understood'],
    [401, 'UNAUTHORIZED', 'A valid token is needed'],
    [403, 'FORBIDDEN', 'Forbidden'],
    [404, 'NOT_FOUND', 'There is nothing here'],
    [405, 'METHOD_NOT_ALLOWED', 'This method is not available here'],
    [408, 'REQUEST_TIMEOUT', 'The request took too long to arrive'],
    [412, 'PRECONDITION_FAILED', 'Precondition Failed'],
    [413, 'PAYLOAD_TOO_LARGE', 'The body is larger than this service takes'],
    [414, 'URI_TOO_LONG', 'The address is longer than this service takes'],
    [415, 'UNSUPPORTED_MEDIA_TYPE', 'The content type is not one that this service takes'],
    [418, 'I_M_A_TEAPOT', "I'm a Teapot"],
    [428, 'PRECONDITION_REQUIRED', 'The change needs an If-Match header with the ETag of the document'],
    [429, 'TOO_MANY_REQUESTS', 'Too many requests, try again later'],
    [431, 'REQUEST_HEADER_FIELDS_TOO_LARGE', 'The headers are larger than this service takes'],
    [499, 'ERROR', 'Error'],
    [501, 'NOT_IMPLEMENTED', 'Not Implemented'],
    [503, 'SERVICE_UNAVAILABLE', 'The service is not available at the moment, try again later'],
  ])('has its own words for status %i, of Nest and of Fastify', (status, code, detail) => {
    const kind = { status, code, detail };
    expect(toProblemKind(new HttpException('secret', status, { cause }))).toEqual(kind);
    expect(
      toProblemKind(Object.assign(new Error('secret'), { statusCode: status, code: 'FST_ERR' })),
    ).toEqual(kind);
  });

  it.each<[string, unknown]>([
    ['a mistake in the code', new TypeError('secret')],
    ['an unknown error of the driver', Object.assign(new Error('secret'), { code: 11_600 })],
    ['an exception of 500', new InternalServerErrorException('secret')],
    ['a status that is no error', new HttpException('secret', 302)],
    ['a status that is no number', Object.assign(new Error('secret'), { statusCode: '404' })],
    ['a status out of range', Object.assign(new Error('secret'), { statusCode: 600 })],
    ['what is no error', { message: 'secret' }],
    ['text', 'secret'],
    ['nothing', undefined],
  ])('says nothing of %s', (_, error) => {
    expect(toProblemKind(error)).toEqual(INTERNAL);
  });
});

describe(toProblem.name, () => {
  it('is a problem of RFC 9457', () => {
    expect(bodyOf(new DuplicateKeyError(['email'], cause))).toEqual({
      type: 'urn:openai-outreach:problem:duplicate-key',
      title: 'Conflict',
      status: 409,
      detail: 'Another document already has this email',
      instance: '/contacts/1',
      code: 'DUPLICATE_KEY',
      errors: [{ path: 'email', message: 'is already taken' }],
    });
  });

  it('has no errors where no field is at fault', () => {
    expect(bodyOf(new DocumentNotFoundError())).not.toHaveProperty('errors');
  });

  it('names a status without a name', () => {
    expect(bodyOf(new HttpException('secret', 499)).title).toBe('Error');
  });

  it.each<[string, unknown]>([
    ['the cause of an error of the database', new DatabaseUnavailableError('refused', cause)],
    ['the cause of a duplicate', new DuplicateKeyError(['email'], cause)],
    ['the cause of an invalid document', new DocumentInvalidError([], cause)],
    ['the message of an exception', new BadRequestException({ message: ['secret'], error: 'secret' })],
    ['the message of an unknown error', cause],
    ['the query of the request', new DocumentNotFoundError()],
  ])('lets nothing pass of %s', (_, error) => {
    expect(JSON.stringify(bodyOf(error))).not.toMatch(/secret|10\.0\.0\.7|27017|stack/);
  });
});
