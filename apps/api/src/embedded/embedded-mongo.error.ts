export type EmbeddedMongoErrorCode =
  /** The data folder cannot be made or written. */
  | 'DATA_DIR_UNUSABLE'
  /** Another `mongod`, on another port, has the data folder open. */
  | 'DATA_DIR_IN_USE'
  /** The data files were written by a version that the `mongod` found here cannot read. */
  | 'DATA_VERSION_UNSUPPORTED'
  /** Something that is not MongoDB, or does not answer, has the port. */
  | 'PORT_TAKEN'
  /** `mongod` ended, or was not ready in time, for another reason. */
  | 'START_FAILED';

/** The embedded MongoDB cannot be used; the message says why and what to do, in one sentence. */
export class EmbeddedMongoError extends Error {
  readonly code: EmbeddedMongoErrorCode;

  constructor(code: EmbeddedMongoErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.name = EmbeddedMongoError.name;
  }
}
