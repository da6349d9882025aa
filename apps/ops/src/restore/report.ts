import type { CollectionType } from '../backup/dump-format/metadata-json.ts';

/** How far a collection has come. */
export type CollectionState =
  /** Documents, options and indexes are those of the dump. */
  | 'restored'
  /** Everything was done, and something is not as in the dump. */
  | 'different'
  /** The restore ended before it was done with it. */
  | 'incomplete'
  | 'not-begun';

export interface CollectionReport {
  name: string;
  type: CollectionType;
  state: CollectionState;
  documents: {
    /** In the dump; of a time series in its buckets. */
    expected: number;
    /** Acknowledged by the server. */
    stored: number;
  };
  indexes: { expected: number; built: number };
  /** What is wrong or missing, in words. */
  problems: string[];
}

/** What a restore has done. */
export interface RestoreReport {
  /** Name in the dump, and of the target. */
  source: string;
  database: string;
  /** Nothing was written; the collections are what would be restored. */
  isDryRun: boolean;
  /** It went on with a restore of the same dump that had not been finished. */
  isResumed: boolean;
  /** Every collection was restored. */
  isComplete: boolean;
  /** Why it ended before its end, and what to do about it. */
  interruption: { code: string; message: string; nextStep: string } | null;
  /** What was in the target, or would go, with `--drop`. */
  dropped: string[];
  /** Whether what goes is saved before, or would be. */
  isSaved: boolean;
  /** Where that was saved before. */
  safetyBackup: string | null;
  collections: CollectionReport[];
  /** What else there is to know, in sentences. */
  notes: string[];
  durationMs: number;
}
