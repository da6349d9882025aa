import type { mongo } from 'mongoose';
import type { ChangeStreamLoss, ResumeToken } from './change-stream.error.ts';

interface Change<T> {
  /** The `_id` of the document that changed. */
  id: T extends { _id: infer Id } ? Id : unknown;
  /** Watching with it as `startAfter` begins behind this event. */
  resumeToken: ResumeToken;
  /** Clock of the server when it was written; MongoDB 6.0 and later. */
  at: Date | undefined;
}

/** What happened to one document. */
export type ChangeEvent<T> =
  | ({ kind: 'insert' | 'replace'; document: T } & Change<T>)
  | ({
      kind: 'update';
      /** As it is when the event is read, so perhaps newer than this change; `null` when deleted since or not asked for. */
      document: T | null;
      /** Dotted paths and their new values. */
      changed: Record<string, unknown>;
      /** Dotted paths. */
      removed: string[];
      /** Arrays that were cut at their end. */
      truncated: { field: string; newSize: number }[];
    } & Change<T>)
  | ({ kind: 'delete' } & Change<T>);

export type ChangeKind = ChangeEvent<unknown>['kind'];

/** Operations on the collection itself, each followed by the end of the stream. */
const ENDS: Record<string, ChangeStreamLoss> = {
  drop: 'dropped',
  dropDatabase: 'dropped',
  rename: 'renamed',
  invalidate: 'invalidated',
};

/** What the server has to send whatever was asked for, so that the end of the stream can be explained. */
export const ENDING_OPERATIONS = Object.keys(ENDS);

/** Why the stream ends with this change; `undefined` when it goes on. */
export function lossOf({ operationType }: mongo.ChangeStreamDocument): ChangeStreamLoss | undefined {
  return ENDS[operationType];
}

/** @returns `undefined` for what did not happen to a document, such as a new index */
export function toChangeEvent<T extends mongo.Document>(
  change: mongo.ChangeStreamDocument<T>,
): ChangeEvent<T> | undefined {
  if (!('documentKey' in change)) return undefined;
  const id = change.documentKey._id as ChangeEvent<T>['id'];
  const common = { id, resumeToken: change._id as ResumeToken, at: change.wallTime };
  switch (change.operationType) {
    case 'insert':
    case 'replace':
      return { kind: change.operationType, ...common, document: change.fullDocument };
    case 'update': {
      const { updatedFields = {}, removedFields = [], truncatedArrays = [] } = change.updateDescription;
      return {
        kind: 'update',
        ...common,
        document: change.fullDocument ?? null,
        changed: updatedFields,
        removed: removedFields,
        truncated: truncatedArrays,
      };
    }
    case 'delete':
      return { kind: 'delete', ...common };
    default:
      return undefined;
  }
}
