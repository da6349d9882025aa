import type { mongo } from 'mongoose';
import { NotPermittedError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import type { IndexDefinition } from './declared-indexes.ts';

/** An index that the server has. */
export interface ExistingIndex extends IndexDefinition {
  /** Still being built: it refuses nothing and serves nothing yet. */
  readonly isBuilding: boolean;
}

/** A collection as the server describes it. */
export interface ExistingCollection {
  readonly kind: 'collection' | 'timeseries' | 'view';
  readonly options: mongo.CreateCollectionOptions & { collation?: object };
  /** Without the one on `_id`, and without what a time series has by itself. */
  readonly indexes: ExistingIndex[];
}

/** How often an index was used, on all members or shards that answered. */
export interface IndexUsage {
  operations: number;
  /** Since when it was counted: the start of the server, or of the index. */
  since: Date;
}

/** In which the server does not know that builds are wanted as well: UnknownField, InvalidOptions, APIStrictError. */
const BUILDS_UNKNOWN = [40_415, 72, 323];
const GONE = 26; // NamespaceNotFound
/** Under the socket timeout of a connection, so that it is the server that gives up. */
const MAX_TIME_MS = 15_000;

/**
 * Reads which of these collections exist, and their indexes.
 *
 * @throws {@link NotPermittedError} When the user may list neither collections nor indexes; another {@link DatabaseError}
 */
export async function readCollections(
  db: mongo.Db,
  names: readonly string[],
): Promise<Map<string, ExistingCollection>> {
  try {
    const found = await db
      .listCollections({ name: { $in: [...names] } }, { maxTimeMS: MAX_TIME_MS })
      .toArray();
    const entries = found.map(async (info): Promise<[string, ExistingCollection]> => {
      const { name, type: kind = 'collection' } = info;
      const options = ('options' in info ? info.options : {}) as ExistingCollection['options'];
      const described = { kind: kind as ExistingCollection['kind'], options };
      const indexes = kind === 'view' ? [] : await listIndexes(db, name);
      return [name, { ...described, indexes: indexes.filter((index) => !isBuiltIn(index, options)) }];
    });
    return new Map(await Promise.all(entries));
  } catch (error) {
    throw toDatabaseError(error);
  }
}

/**
 * Counts how often each index of a collection was used.
 *
 * @returns By name; `null` when this user may not see it
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/indexStats/
 */
export async function readUsage(db: mongo.Db, collection: string): Promise<Map<string, IndexUsage> | null> {
  try {
    const usage = new Map<string, IndexUsage>();
    const rows = db
      .collection(collection)
      .aggregate<UsageRow>([{ $indexStats: {} }], { maxTimeMS: MAX_TIME_MS });
    for await (const { name, accesses } of rows) {
      const { operations, since } = usage.get(name) ?? { operations: 0, since: accesses.since };
      usage.set(name, {
        operations: operations + Number(accesses.ops),
        since: since < accesses.since ? since : accesses.since,
      });
    }
    return usage;
  } catch (error) {
    const named = toDatabaseError(error);
    if (named instanceof NotPermittedError) return null;
    throw named;
  }
}

interface UsageRow {
  name: string;
  accesses: { ops: number | bigint; since: Date };
}

async function listIndexes(db: mongo.Db, collection: string): Promise<ExistingIndex[]> {
  try {
    // One batch holds them: a collection has 64 indexes at most.
    const command = { listIndexes: collection, maxTimeMS: MAX_TIME_MS };
    const { cursor } = await db.command({ ...command, includeBuildUUIDs: true }).catch((error: unknown) => {
      if (!BUILDS_UNKNOWN.includes(codeOf(error) ?? 0)) throw error;
      return db.command(command);
    });
    return (cursor as { firstBatch: mongo.Document[] }).firstBatch.map(toExisting);
  } catch (error) {
    // Dropped since it was listed.
    if (codeOf(error) === GONE) return [];
    throw error;
  }
}

function toExisting(row: mongo.Document): ExistingIndex {
  const spec = (row.spec ?? row) as mongo.Document;
  const { name, key, v: _version, ns: _namespace, background: _background, ...options } = spec;
  return {
    name: String(name),
    key: key as object & IndexDefinition['key'],
    options,
    isBuilding: 'spec' in row,
  };
}

function isBuiltIn({ key }: ExistingIndex, { timeseries }: mongo.CreateCollectionOptions): boolean {
  const pairs = Object.entries(key).flat().join();
  if (pairs === '_id,1') return true;
  // Made by the server from 6.3 on.
  return (
    timeseries?.metaField !== undefined && pairs === `${timeseries.metaField},1,${timeseries.timeField},1`
  );
}

/** The server's code of an error, wherever it came from. */
export function codeOf(error: unknown): number | undefined {
  if (!Error.isError(error)) return undefined;
  const own = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  return own ?? codeOf(error.cause);
}
