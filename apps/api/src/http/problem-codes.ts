/** What a client can be told, by its stable code. The table of docs/errors.md says the same, and a test holds the two together. */
export const PROBLEMS = {
  BAD_REQUEST: { status: 400, detail: 'The request cannot be understood' },
  INPUT_INVALID: { status: 400, detail: 'Some fields are not valid' },
  DOCUMENT_INVALID: { status: 400, detail: 'Some fields are not valid' },
  FILTER_INVALID: { status: 400, detail: 'Some fields are not valid' },
  CURSOR_INVALID: { status: 400, detail: 'The cursor is not one that was given out for this list' },
  PAGE_SORT_INVALID: { status: 400, detail: 'The list cannot be sorted by this field' },
  IDEMPOTENCY_KEY_INVALID: {
    status: 400,
    detail: 'The Idempotency-Key is not one of 1 to 255 printable characters',
  },
  UNAUTHORIZED: { status: 401, detail: 'A valid token is needed' },
  NOT_FOUND: { status: 404, detail: 'There is nothing here' },
  DOCUMENT_NOT_FOUND: { status: 404, detail: 'No such document' },
  METHOD_NOT_ALLOWED: { status: 405, detail: 'This method is not available here' },
  REQUEST_TIMEOUT: { status: 408, detail: 'The request took too long to arrive' },
  DUPLICATE_KEY: { status: 409, detail: 'Another document already has this key' },
  VERSION_CONFLICT: { status: 412, detail: 'The document has changed since it was read' },
  PAYLOAD_TOO_LARGE: { status: 413, detail: 'The body is larger than this service takes' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, detail: 'The content type is not one that this service takes' },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    detail: 'The Idempotency-Key was used before, with another body',
  },
  PRECONDITION_REQUIRED: {
    status: 428,
    detail: 'The change needs an If-Match header with the ETag of the document',
  },
  TOO_MANY_REQUESTS: { status: 429, detail: 'Too many requests, try again later' },
  REQUEST_HEADER_FIELDS_TOO_LARGE: { status: 431, detail: 'The headers are larger than this service takes' },
  INTERNAL_ERROR: { status: 500, detail: 'Something went wrong on our side' },
  DATABASE_UNAVAILABLE: {
    status: 503,
    detail: 'The database is not available at the moment, try again later',
  },
  DATABASE_TIMEOUT: { status: 503, detail: 'The database took too long, try again later' },
  TOO_MANY_BODIES: { status: 503, detail: 'Too much is being received already, try again later' },
  TOO_MANY_ANSWERS: { status: 503, detail: 'Too much is being sent already, try again later' },
  TOO_MANY_PAGES: { status: 503, detail: 'Too many pages are being read already, try again later' },
  TOO_MANY_IMPORTS: { status: 503, detail: 'Too many imports are running already, try again later' },
  TOO_MANY_EXPORTS: { status: 503, detail: 'Too many exports are running already, try again later' },
} as const satisfies Record<string, { status: number; detail: string }>;

export type ProblemCode = keyof typeof PROBLEMS;
