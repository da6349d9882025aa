import { NotPermittedError, toDatabaseError } from '#database';
import type { mongo } from 'mongoose';

export interface DatabaseStats {
  database: string;
  collections: number;
  documents: number;
  /** Of the documents, before compression. */
  dataBytes: number;
  /** Of the documents on disk. */
  storageBytes: number;
  indexes: number;
  indexBytes: number;
  /** The file system that holds the data; `null` where the server does not say. */
  disk: { usedBytes: number; totalBytes: number } | null;
}

export interface CollectionSize {
  name: string;
  /** A view has no documents of its own, and therefore no sizes. */
  type: 'collection' | 'view' | 'timeseries';
  documents: number | null;
  averageBytes: number | null;
  dataBytes: number | null;
  storageBytes: number | null;
  indexes: number | null;
  indexBytes: number | null;
}

/** How busy the server is. Counters run since its start. */
export interface ServerActivity {
  version: string;
  uptimeSeconds: number;
  connections: { current: number; available: number };
  operations: Record<'insert' | 'query' | 'update' | 'delete' | 'getmore' | 'command', number>;
  /** Bytes of memory that hold data, and that may. */
  cache: { usedBytes: number; maxBytes: number } | null;
  residentBytes: number | null;
}

/** Sizes of the whole database. */
export async function readDatabaseStats(db: mongo.Db): Promise<DatabaseStats> {
  const stats = await db.command({ dbStats: 1 });
  const [usedBytes, totalBytes] = [Number(stats.fsUsedSize), Number(stats.fsTotalSize)];
  return {
    database: db.databaseName,
    collections: Number(stats.collections),
    documents: Number(stats.objects),
    dataBytes: Number(stats.dataSize),
    storageBytes: Number(stats.storageSize),
    indexes: Number(stats.indexes),
    indexBytes: Number(stats.indexSize),
    disk: totalBytes > 0 ? { usedBytes, totalBytes } : null,
  };
}

/** Sizes of each collection and view, the largest first. Those of the server itself (`system.…`) are left out. */
export async function readCollectionSizes(db: mongo.Db): Promise<CollectionSize[]> {
  const found = await db.listCollections({}, { nameOnly: true, authorizedCollections: true }).toArray();
  const visible = found.filter(({ name }) => !name.startsWith('system.'));
  const sizes = await Promise.all(
    visible.map(async ({ name, type = 'collection' }) => readSize(db, name, type as CollectionSize['type'])),
  );
  return sizes.sort((a, b) => (b.storageBytes ?? -1) - (a.storageBytes ?? -1) || (a.name < b.name ? -1 : 1));
}

/** @returns `null` for a user who may not see it; the role `clusterMonitor` may */
export async function readActivity(db: mongo.Db): Promise<ServerActivity | null> {
  let status: mongo.Document;
  try {
    status = await db.admin().command({ serverStatus: 1 });
  } catch (error) {
    if (toDatabaseError(error) instanceof NotPermittedError) return null;
    throw error;
  }
  const {
    opcounters = {},
    connections = {},
    mem = {},
    wiredTiger,
  } = status as Record<string, mongo.Document>;
  const { insert, query, update, delete: remove, getmore, command } = opcounters;
  const cache = wiredTiger?.cache as mongo.Document | undefined;
  return {
    version: String(status.version),
    uptimeSeconds: Number(status.uptime),
    connections: { current: Number(connections.current), available: Number(connections.available) },
    operations: {
      insert: Number(insert),
      query: Number(query),
      update: Number(update),
      delete: Number(remove),
      getmore: Number(getmore),
      command: Number(command),
    },
    cache: cache
      ? {
          usedBytes: Number(cache['bytes currently in the cache']),
          maxBytes: Number(cache['maximum bytes configured']),
        }
      : null,
    residentBytes: mem.resident === undefined ? null : Number(mem.resident) * 1_024 * 1_024,
  };
}

/** Numbers of `$collStats`, added up over the shards of a cluster. */
export async function readStorage(db: mongo.Db, collection: string): Promise<mongo.Document> {
  const shards = await db
    .collection(collection)
    .aggregate([{ $collStats: { storageStats: {} } }])
    .toArray();
  const [first, ...others] = shards.map(({ storageStats }) => (storageStats ?? {}) as mongo.Document);
  const sum = { ...first };
  for (const name of ['count', 'size', 'storageSize', 'freeStorageSize', 'totalIndexSize']) {
    for (const other of others) sum[name] = Number(sum[name] ?? 0) + Number(other[name] ?? 0);
  }
  const sizes: Record<string, number> = {};
  for (const { indexSizes = {} } of [first ?? {}, ...others]) {
    for (const [name, size] of Object.entries(indexSizes as object))
      sizes[name] = (sizes[name] ?? 0) + Number(size);
  }
  return { ...sum, indexSizes: sizes };
}

async function readSize(db: mongo.Db, name: string, type: CollectionSize['type']): Promise<CollectionSize> {
  const nothing = {
    documents: null,
    averageBytes: null,
    dataBytes: null,
    storageBytes: null,
    indexes: null,
    indexBytes: null,
  };
  if (type === 'view') return { name, type, ...nothing };
  const storage = await readStorage(db, name);
  // A time series counts its buckets and not its measurements.
  const count = storage.count ?? storage.timeseries?.bucketCount ?? 0;
  const [documents, dataBytes] = [Number(count), Number(storage.size ?? 0)];
  return {
    name,
    type,
    documents,
    averageBytes: documents > 0 ? Math.round(dataBytes / documents) : null,
    dataBytes,
    storageBytes: Number(storage.storageSize ?? 0),
    indexes: Object.keys(storage.indexSizes as object).length,
    indexBytes: Number(storage.totalIndexSize ?? 0),
  };
}
