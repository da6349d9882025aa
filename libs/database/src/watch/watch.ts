import type { mongo } from 'mongoose';
import {
  ENDING_OPERATIONS,
  lossOf,
  toChangeEvent,
  type ChangeEvent,
  type ChangeKind,
} from './change-event.ts';
import { ChangeStreamLostError, type ResumeToken } from './change-stream.error.ts';
import { ResumingStream, type ResumingStreamOptions } from './resuming-stream.ts';

export interface WatchOptions extends ResumingStreamOptions {
  /** Only these; all of them unless given. */
  kinds?: readonly ChangeKind[];
  /** More stages, such as `{ $match: { 'fullDocument.status': 'new' } }`; the server runs them on each of its events. */
  pipeline?: readonly mongo.Document[];
  /** Whether an update brings the document as it is by then, which is one read more for each; so it is unless `default`. */
  fullDocument?: 'default' | 'updateLookup' | 'whenAvailable' | 'required';
  /** Begin behind this event, also one of an earlier process; from now on unless given. */
  startAfter?: ResumeToken;
  /** Ends the iteration without an error. */
  signal?: AbortSignal;
}

/**
 * Follows what happens to the documents of a collection: each change once and in order, over restarts and failovers for as long as
 * it takes. Ends with the signal, or when the loop over it is left; both free the cursor on the server.
 *
 * A consumer that must not miss anything while it is down keeps the `resumeToken` of the last event that it has dealt with. One that
 * starts with a full read begins to watch first, and reads in `onOpen`.
 *
 * @param source - The collection; asked again at each resumption, and may throw while there is no connection
 * @throws {@link ChangeStreamLostError} When the changes since the token are gone, or the collection was dropped or renamed
 * @throws {@link ChangeStreamUnsupportedError} On a standalone server
 * @see https://www.mongodb.com/docs/manual/changeStreams/
 */
export async function* watch<T extends mongo.Document>(
  source: () => mongo.Collection<T>,
  options: WatchOptions = {},
): AsyncGenerator<ChangeEvent<T>, void, void> {
  const { fullDocument = 'updateLookup' } = options;
  const pipeline = toPipeline(options);
  const stream = new ResumingStream<T>(
    {
      open: (position) => source().watch<T>(pipeline, { fullDocument, ...position }),
      check: () => source().findOne({}, { projection: { _id: 1 } }),
    },
    options,
  );
  let loss: ReturnType<typeof lossOf>;
  try {
    for (let change = await stream.next(); change !== undefined; change = await stream.next()) {
      const isEnd = change.operationType === 'invalidate';
      loss ??= lossOf(change);
      // A drop is told first; only the token of what follows it leads to the next collection of that name.
      if (isEnd && loss !== undefined) throw new ChangeStreamLostError(loss, change._id as ResumeToken);
      const event = toChangeEvent(change);
      if (event !== undefined) yield event;
    }
  } finally {
    await stream.close();
  }
}

function toPipeline({ kinds, pipeline = [] }: WatchOptions): mongo.Document[] {
  if (kinds === undefined) return [...pipeline];
  return [{ $match: { operationType: { $in: [...kinds, ...ENDING_OPERATIONS] } } }, ...pipeline];
}
