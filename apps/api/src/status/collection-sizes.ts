import { NotPermittedError, toDatabaseError } from '#database';
import type { mongo } from 'mongoose';

/** What one collection holds, sizes in bytes. */
export interface CollectionSize {
  name: string;
  documents: number;
  /** The documents, uncompressed. */
  dataBytes: number;
  /** The same on disk. */
  storageBytes: number;
  indexBytes: number;
}

export interface CollectionSizes {
  /** By name, at most {@link MAX_COLLECTIONS}. */
  collections: (CollectionSize | { name: string; problem: string })[];
  /** How many there are. */
  total: number;
}

/** Most collections whose sizes are asked for at once. */
export const MAX_COLLECTIONS = 50;
/** Questions under way at the same time: the pool is there for requests. */
const CONCURRENCY = 4;

/**
 * Documents and sizes of each collection that this user may list.
 *
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/collStats/
 */
export async function readCollectionSizes(db: mongo.Db, limits: Limits): Promise<CollectionSizes> {
  const options = { nameOnly: true, authorizedCollections: true, ...limits } as const;
  const listed = await db.listCollections({}, options).toArray();
  const names = listed
    .filter(({ name, type }) => type !== 'view' && !name.startsWith('system.'))
    .map(({ name }) => name)
    .toSorted();
  const asked = names.slice(0, MAX_COLLECTIONS);
  const collections: CollectionSizes['collections'] = [];
  for (let i = 0; i < asked.length; i += CONCURRENCY) {
    const batch = asked.slice(i, i + CONCURRENCY);
    const read = await Promise.all(batch.map(async (name) => readSize(db, name, limits)));
    collections.push(...read.filter((size) => size !== null));
  }
  return { collections, total: names.length };
}

/** Of each call, as the driver takes them. */
interface Limits {
  signal: AbortSignal;
  maxTimeMS: number;
}

interface StorageStats {
  count?: number;
  size?: number;
  storageSize?: number;
  totalIndexSize?: number;
}

/** @returns `null` when it was dropped meanwhile */
async function readSize(
  db: mongo.Db,
  name: string,
  limits: Limits,
): Promise<CollectionSizes['collections'][number] | null> {
  const pipeline = [{ $collStats: { storageStats: {} } }];
  try {
    const shards = await db
      .collection(name)
      .aggregate<{ storageStats: StorageStats }>(pipeline, limits)
      .toArray();
    const sum = (field: keyof StorageStats) =>
      shards.reduce((total, { storageStats }) => total + (storageStats[field] ?? 0), 0);
    return {
      name,
      documents: sum('count'),
      dataBytes: sum('size'),
      storageBytes: sum('storageSize'),
      indexBytes: sum('totalIndexSize'),
    };
  } catch (error) {
    if (Error.isError(error) && 'code' in error && error.code === NAMESPACE_NOT_FOUND) return null;
    const named = toDatabaseError(error);
    if (named instanceof NotPermittedError) return { name, problem: 'not permitted' };
    throw named;
  }
}

const NAMESPACE_NOT_FOUND = 26;
