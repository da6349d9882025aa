/**
 * Base of everything that `#database` throws on its own behalf: a stable `code`, the facts as fields, the driver's error as
 * `cause`. Messages carry no host, credential or document value.
 */
export abstract class DatabaseError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Why no server could serve the call; each has one sentence for people in {@link DatabaseUnavailableError}. */
export type UnavailableReason = keyof typeof SENTENCES;

const SENTENCES = {
  connecting: 'no connection has been made yet',
  refused: 'the server refuses connections, check that MongoDB is running',
  unreachable: 'the server cannot be reached, check address and network',
  'unknown-host': 'the name of the server cannot be resolved, check the address',
  'no-answer': 'the server does not answer in time',
  'connection-lost': 'the connection to the server was lost',
  authentication: 'authentication failed, check user name, password and authSource',
  tls: 'no secure connection could be made, check the TLS settings and certificates',
  'no-primary': 'no writable primary is available',
  overloaded: 'every connection is busy',
  'write-conflict': 'another write got in first, try again',
  'not-confirmed': 'the write was not confirmed by a majority in time, it may have been stored',
  'shutting-down': 'the server is shutting down',
  'no-space': 'the server has no disk space left',
  closed: 'the connection has been closed',
} as const;

/** No server can serve the call now; a later try may succeed. After a write the outcome is unknown. */
export class DatabaseUnavailableError extends DatabaseError {
  readonly code = 'DATABASE_UNAVAILABLE';

  constructor(
    readonly reason: UnavailableReason,
    cause?: unknown,
  ) {
    super(sentenceCase(SENTENCES[reason]), { cause });
  }

  /** The cause as it follows a colon. */
  get sentence(): string {
    return SENTENCES[this.reason];
  }
}

/** The operation ran into its time limit and was ended. After a write the outcome is unknown. */
export class DatabaseTimeoutError extends DatabaseError {
  readonly code = 'DATABASE_TIMEOUT';

  constructor(cause?: unknown) {
    super('The operation took longer than its time limit', { cause });
  }
}

/** A unique index refused the write; `fields` are the keys of that index. */
export class DuplicateKeyError extends DatabaseError {
  readonly code = 'DUPLICATE_KEY';

  constructor(
    readonly fields: readonly string[],
    cause?: unknown,
  ) {
    super(`Another document already has this ${fields.join(' + ') || 'key'}`, { cause });
  }
}

/** One field that was refused. */
export interface FieldProblem {
  /** Dotted path, such as `address.city` or `tags.0`; empty when the document as a whole is at fault. */
  path: string;
  /** What is wrong, without the value. */
  message: string;
}

/** The document breaks its schema, the collection's validator or a limit of BSON. Nothing was written. */
export class DocumentInvalidError extends DatabaseError {
  readonly code: string = 'DOCUMENT_INVALID';

  constructor(
    readonly problems: readonly FieldProblem[],
    cause?: unknown,
  ) {
    super(`The document is not valid: ${problems.map(describeProblem).join('; ')}`, { cause });
  }
}

/** A filter or update cannot be cast to the schema, or names a field that the schema does not have. Nothing was sent. */
export class FilterInvalidError extends DatabaseError {
  readonly code = 'FILTER_INVALID';

  constructor(
    readonly problems: readonly FieldProblem[],
    cause?: unknown,
  ) {
    super(`The filter is not valid: ${problems.map(describeProblem).join('; ')}`, { cause });
  }
}

/** The document that the call needs is not there. */
export class DocumentNotFoundError extends DatabaseError {
  readonly code = 'DOCUMENT_NOT_FOUND';

  constructor(cause?: unknown) {
    super('No such document', { cause });
  }
}

/** The document has changed since it was read. */
export class VersionConflictError extends DatabaseError {
  readonly code = 'VERSION_CONFLICT';

  constructor(cause?: unknown) {
    super('The document has changed since it was read', { cause });
  }
}

/** The database user may not do this. */
export class NotPermittedError extends DatabaseError {
  readonly code = 'NOT_PERMITTED';
  readonly sentence = 'the database user may not do this, check its roles';

  constructor(cause?: unknown) {
    super('The database user may not do this, check its roles', { cause });
  }
}

/** Transactions need a replica set or a sharded cluster; this server is a standalone. */
export class TransactionUnsupportedError extends DatabaseError {
  readonly code = 'TRANSACTION_UNSUPPORTED';

  constructor(cause?: unknown) {
    super('Transactions need a replica set: start mongod with --replSet, one member is enough', { cause });
  }
}

function describeProblem({ path, message }: FieldProblem): string {
  return path === '' ? message : `${path} ${message}`;
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
