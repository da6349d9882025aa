import { mongo } from 'mongoose';
import { toDatabaseError } from '../errors/to-database-error.ts';
import type { IndexDefinition } from './declared-indexes.ts';

/** What keeps a unique index from being built. Holds no value of a document: they may be personal. */
export interface Duplicates {
  /** Keys that more than one document has. */
  keys: number;
  /** Documents that have such a key. */
  documents: number;
  /** Of up to five of these keys: the `_id` of up to five documents each. */
  sample: unknown[][];
}

export interface FindDuplicatesOptions {
  /** Longest that the server may work on it, in milliseconds. It reads the whole collection. */
  maxTimeMs?: number;
}

const SAMPLE = 5;
/** Stands for the key of an empty list. */
const EMPTY = new mongo.MinKey();
/** Under the socket timeout of a connection, so that it is the server that gives up. */
const MAX_TIME_MS = 15_000;

/**
 * Counts the keys that a unique index would refuse. It knows lists, and objects in one list; of lists within lists, and of several
 * fields of the objects in one list, it counts combinations that are no keys.
 *
 * @param index - Key, filter and collation count
 * @throws {@link DatabaseTimeoutError} When the collection is too large for `maxTimeMs`; another {@link DatabaseError}
 */
export async function findDuplicates(
  db: mongo.Db,
  collection: string,
  index: Pick<IndexDefinition, 'key' | 'options'>,
  { maxTimeMs = MAX_TIME_MS }: FindDuplicatesOptions = {},
): Promise<Duplicates> {
  const collation = index.options.collation as mongo.CollationOptions | undefined;
  const options = { maxTimeMS: maxTimeMs, allowDiskUse: true, ...(collation && { collation }) };
  try {
    const rows = db.collection(collection).aggregate<Duplicates>(pipelineOf(index), options);
    const [found] = await rows.toArray();
    return found ?? { keys: 0, documents: 0, sample: [] };
  } catch (error) {
    throw toDatabaseError(error);
  }
}

function pipelineOf({ key, options }: Pick<IndexDefinition, 'key' | 'options'>): mongo.Document[] {
  const fields = Object.keys(key);
  const names = fields.map((_field, at) => `k${at}`);
  const values = fields.map((field, at) => [names[at], valueOf(field)]);
  const filters = [
    options.partialFilterExpression as mongo.Document | undefined,
    sparseFilter(fields, options),
  ];
  return [
    ...filters.flatMap((filter) => (filter === undefined ? [] : [{ $match: filter }])),
    { $project: Object.fromEntries(values) as mongo.Document },
    ...names.map((name) => ({ $unwind: { path: `$${name}`, preserveNullAndEmptyArrays: true } })),
    {
      $group: {
        // For a unique index a missing field is null.
        _id: Object.fromEntries(names.map((name) => [name, { $ifNull: [`$${name}`, null] }])),
        count: { $sum: 1 },
        ids: { $firstN: { n: SAMPLE, input: '$_id' } },
      },
    },
    { $match: { count: { $gt: 1 } } },
    {
      $group: {
        _id: null,
        keys: { $sum: 1 },
        documents: { $sum: '$count' },
        sample: { $firstN: { n: SAMPLE, input: '$ids' } },
      },
    },
    { $project: { _id: 0 } },
  ];
}

/** A sparse index leaves out documents that have none of its fields. */
function sparseFilter(fields: string[], { sparse }: IndexDefinition['options']): mongo.Document | undefined {
  return sparse === true ? { $or: fields.map((field) => ({ [field]: { $exists: true } })) } : undefined;
}

/** Within one document an index keeps each value of a list once. */
function valueOf(field: string): mongo.Document {
  const path = `$${field}`;
  const [list = '', ...rest] = field.split('.');
  const distinct = (values: unknown) => ({ $setUnion: [values, []] });
  const ownValue = { $cond: [{ $isArray: path }, distinct(path), path] };
  // An empty list is a key of its own; of an empty list above the field the key is null, as of a missing one.
  const value = { $cond: [{ $eq: [path, []] }, { $literal: EMPTY }, ownValue] };
  if (rest.length === 0) return value;
  const inElement = { $ifNull: [`$$this.${rest.join('.')}`, null] };
  const ofElements = { $map: { input: `$${list}`, in: inElement } };
  return { $cond: [{ $isArray: `$${list}` }, distinct(ofElements), value] };
}
