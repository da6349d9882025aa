import type { Filter, Id, Update } from '../repository/document-types.ts';

/** One operation of a bulk write; exactly one of the four. */
export type BulkOperation<T> =
  | { insert: Partial<T> }
  | { update: BulkUpdate<T> }
  | { replace: BulkReplacement<T> }
  | { delete: BulkDeletion<T> };

interface Conditional {
  /** Only when the document still has this version. Such an operation is sent by itself: it costs a round trip. */
  expectedVersion?: number;
  /** Also documents that were deleted softly. */
  withDeleted?: boolean;
}

interface Selection<T> extends Conditional {
  filter: Filter<T>;
  /** All documents that match, not only the first one. */
  many?: boolean;
  /** Needed with `many` for a filter that matches every document. */
  all?: boolean;
}

export interface BulkUpdate<T> extends Selection<T> {
  update: Update<T>;
  /** Inserts when nothing matches. */
  upsert?: boolean;
  /** Which elements `$[name]` stands for, as in `[{ 'item.score': trusted({ $lt: 5 }) }]`. */
  arrayFilters?: readonly object[];
}

export interface BulkReplacement<T> extends Conditional {
  id: Id<T>;
  document: Partial<T>;
}

export interface BulkDeletion<T> extends Selection<T> {
  /** Removes the document where the schema deletes softly. */
  permanently?: boolean;
}
