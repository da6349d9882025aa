import { DatabaseError } from '../errors/database.error.ts';

/** Where a change stream stands. Plain data: it may be stored as JSON, and used again by another process. */
export interface ResumeToken {
  readonly _data: string;
}

/** Why a change stream cannot go on; each has one sentence for people in {@link ChangeStreamLostError}. */
export type ChangeStreamLoss = keyof typeof SENTENCES;

const SENTENCES = {
  'history-lost':
    'The changes since the resume token are no longer kept: read the collection anew and watch from now on',
  'token-invalid': 'The resume token is not one of this collection',
  dropped: 'The collection was dropped',
  renamed: 'The collection was renamed',
  invalidated: 'The collection cannot be watched any more',
  'event-too-large': 'A change is larger than a message may be: watch fewer of its fields',
} as const;

/** The changes of a collection cannot be followed further without a gap. Trying again with the same token does not help. */
export class ChangeStreamLostError extends DatabaseError {
  readonly code = 'CHANGE_STREAM_LOST';

  /**
   * @param resumeToken - After a drop or a rename: with it as `startAfter` the next collection of that name is watched from its
   * beginning. Otherwise the last one that was reached
   */
  constructor(
    readonly reason: ChangeStreamLoss,
    readonly resumeToken: ResumeToken | undefined,
    cause?: unknown,
  ) {
    super(SENTENCES[reason], { cause });
  }
}

/** Change streams need a replica set or a sharded cluster; this server is a standalone. */
export class ChangeStreamUnsupportedError extends DatabaseError {
  readonly code = 'CHANGE_STREAM_UNSUPPORTED';

  constructor(cause?: unknown) {
    super('Change streams need a replica set: start mongod with --replSet, one member is enough', { cause });
  }
}
