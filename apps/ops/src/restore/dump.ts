import type { CollectionType } from '../backup/dump-format/metadata-json.ts';
import { BUCKETS_PREFIX, MARKER_COLLECTION } from '../backup/dump-format/names.ts';
import type { ContentDigest } from '../raw/content-hash.ts';
import type { Progress } from '../terminal/progress.ts';
import type { PooledDocuments } from './document-batches.ts';

export interface VerifyOptions {
  signal: AbortSignal;
  progress?: Progress | undefined;
}

/** One collection, view or time series of a dump. */
export interface DumpCollection {
  name: string;
  type: CollectionType;
  /** As `listCollections` gave them, one BSON document. */
  options: Uint8Array;
  /** As `listIndexes` gave them, one BSON document each. */
  indexes: Uint8Array[];
  /** `undefined` before a dump without a manifest has been read through. */
  documents: number | undefined;
  /** Under which name its documents are in the dump; `undefined` of a view. */
  storedAs: string | undefined;
  /** Known once a dump without a manifest has been read through. */
  content?: ContentDigest;
}

/** Documents of one collection that stand together in a dump. */
export interface DumpBatch extends PooledDocuments {
  /** As {@link DumpCollection.storedAs}. */
  collection: string;
}

/** One database of a dump on disk. */
export interface Dump {
  database: string;
  /** Version of the server it was made from, where it says so. */
  serverVersion: string | undefined;
  featureCompatibilityVersion: string | undefined;
  collections: DumpCollection[];
  /** What will not be restored and why, in sentences. */
  notes: string[];

  /**
   * Reads every byte, and fills in what the collections hold where that was not known.
   *
   * @returns What tells this dump from others, as SHA-256
   * @throws {@link BackupError} `BACKUP_DAMAGED`, or the reason of the signal
   */
  verify(options: VerifyOptions): Promise<string>;

  /** Every document; batches of a collection in the order in which they were dumped. */
  read(): AsyncIterable<DumpBatch>;
}

/** Where mongodump has the documents of a collection: those of a time series in its buckets, those of a view nowhere. */
export function storageOf({ name, type }: Pick<DumpCollection, 'name' | 'type'>): string | undefined {
  if (type === 'view') return undefined;
  return type === 'timeseries' ? BUCKETS_PREFIX + name : name;
}

/** Sets apart what belongs to a server, or to a restore, and not to the data; each is mentioned in the notes. */
export function takeRestorable(
  collections: readonly DumpCollection[],
  notes: readonly string[],
): Pick<Dump, 'collections' | 'notes'> {
  const isRestorable = ({ name }: DumpCollection): boolean =>
    name === 'system.js' || !(name === MARKER_COLLECTION || /^(?:system\.|\$admin\.)/.test(name));
  const skipped = collections.filter((each) => !isRestorable(each));
  return {
    collections: collections.filter(isRestorable),
    notes: [...notes, ...skipped.map(({ name }) => `${name} is no part of the data and is not restored`)],
  };
}
