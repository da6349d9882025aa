import { NotPermittedError, toDatabaseError } from '#database';
import type { mongo } from 'mongoose';
import { CommandError } from '../command.error.ts';
import { readStorage } from './read-stats.ts';

export interface IndexDetail {
  name: string;
  key: Record<string, unknown>;
  /** `unique`, `sparse` and the like. */
  options: Record<string, unknown>;
  sizeBytes: number;
  /** Uses since the start of this server; `null` for a user who may not see it. */
  operations: number | null;
  since: Date | null;
}

export interface CollectionDetail {
  name: string;
  type: 'collection' | 'view' | 'timeseries';
  options: Record<string, unknown>;
  documents: number;
  averageBytes: number | null;
  dataBytes: number;
  storageBytes: number;
  /** Of the storage, what can be written over. */
  freeBytes: number;
  indexBytes: number;
  indexes: IndexDetail[];
}

/**
 * Sizes, options and indexes of one collection.
 *
 * @throws {@link CommandError} `NO_SUCH_COLLECTION`, `IS_A_VIEW`
 */
export async function readCollectionDetail(db: mongo.Db, name: string): Promise<CollectionDetail> {
  const [info] = await db.listCollections({ name }, { authorizedCollections: true }).toArray();
  if (info === undefined) {
    const nextStep = '"ops stats" shows the names';
    throw new CommandError('NO_SUCH_COLLECTION', `There is no collection ${name} in this database`, {
      nextStep,
    });
  }
  const { type = 'collection', options = {} } = info as {
    type?: CollectionDetail['type'];
    options?: mongo.Document;
  };
  if (type === 'view') {
    const nextStep = `ops stats --collection ${String(options.viewOn)}`;
    throw new CommandError('IS_A_VIEW', `${name} is a view and stores nothing`, { nextStep });
  }
  const [storage, indexes, usage] = await Promise.all([
    readStorage(db, name),
    db.collection(name).listIndexes().toArray(),
    readUsage(db, name),
  ]);
  const documents = Number(storage.count ?? storage.timeseries?.bucketCount ?? 0);
  const dataBytes = Number(storage.size ?? 0);
  return {
    name,
    type,
    options,
    documents,
    averageBytes: documents > 0 ? Math.round(dataBytes / documents) : null,
    dataBytes,
    storageBytes: Number(storage.storageSize ?? 0),
    freeBytes: Number(storage.freeStorageSize ?? 0),
    indexBytes: Number(storage.totalIndexSize ?? 0),
    indexes: indexes.map(({ name: index, key, ...rest }) => ({
      name: String(index),
      key: key as Record<string, unknown>,
      options: Object.fromEntries(Object.entries(rest).filter(([option]) => option !== 'v')),
      sizeBytes: Number(storage.indexSizes[String(index)] ?? 0),
      ...(usage?.get(String(index)) ?? { operations: usage ? 0 : null, since: null }),
    })),
  };
}

async function readUsage(
  db: mongo.Db,
  name: string,
): Promise<Map<string, { operations: number; since: Date }> | null> {
  try {
    const rows = await db
      .collection(name)
      .aggregate([{ $indexStats: {} }])
      .toArray();
    const usage = new Map<string, { operations: number; since: Date }>();
    // One row for each shard.
    for (const { name: index, accesses } of rows) {
      const before = usage.get(index);
      const operations = (before?.operations ?? 0) + Number(accesses.ops);
      usage.set(index, { operations, since: before?.since ?? accesses.since });
    }
    return usage;
  } catch (error) {
    if (toDatabaseError(error) instanceof NotPermittedError) return null;
    throw error;
  }
}
