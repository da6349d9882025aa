/** What became of the items of a bulk write, by their place in the input. */
export interface BulkReport {
  /** Items taken from the input; those that are in no other figure were not sent. */
  read: number;
  /** Documents that are stored for certain. */
  inserted: number;
  /** Documents that an update or a replacement found, changed or not. */
  matched: number;
  modified: number;
  /** Also those deleted softly. */
  deleted: number;
  /** Documents that an update inserted because none matched. */
  upserted: number;
  /** Items that were refused: they have done nothing. Exact, however many there are. */
  failed: number;
  /** Why, item by item; the first 1,000 to be known, in no order when the write is unordered. */
  errors: ItemError[];
  /** Sent without a clear answer: done or not. Look the documents up by their `id`, or send them again with it. */
  unconfirmed: UnconfirmedItem[];
  /** `_id` of each document inserted, by index; filled for arrays and with `keepIds`. */
  insertedIds: Map<number, unknown>;
  /** `_id` of each document upserted, by index. */
  upsertedIds: Map<number, unknown>;
}

/** An item that was refused. */
export interface ItemError {
  /** Place in the input, from 0. */
  index: number;
  /** Of the {@link DatabaseError} family, but for what the server refuses by a code that has no name there. */
  error: Error;
}

export interface UnconfirmedItem {
  /** Place in the input, from 0. */
  index: number;
  /** `_id` of the document, for inserts. */
  id?: unknown;
}

/** What an item that was sent by itself has done. */
export interface ItemResult {
  inserted?: number;
  matched?: number;
  modified?: number;
  deleted?: number;
  upserted?: number;
  /** `_id` of the document inserted or upserted. */
  id?: unknown;
}

export function emptyReport(): BulkReport {
  return {
    read: 0,
    inserted: 0,
    matched: 0,
    modified: 0,
    deleted: 0,
    upserted: 0,
    failed: 0,
    errors: [],
    unconfirmed: [],
    insertedIds: new Map(),
    upsertedIds: new Map(),
  };
}
