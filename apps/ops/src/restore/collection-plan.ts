import type { mongo } from 'mongoose';
import { storageOf, type DumpCollection } from './dump.ts';
import { toOrdered, type OrderedDocument } from './ordered-bson.ts';

/** What takes the documents of a collection as they were dumped. */
export interface Storage {
  collection: string;
  /** A time series under its own name, whose buckets are meant and not its measurements. */
  isRaw: boolean;
}

/** What is to be made of one collection of a dump, in the order of its fields. */
export interface CollectionPlan {
  name: string;
  type: DumpCollection['type'];
  /** Where its documents go; `undefined` for a view. */
  storage: Storage | undefined;
  isCapped: boolean;
  /** For `create`. What makes documents expire is left out. */
  options: OrderedDocument;
  /** For `createIndexes`; built when the documents are there. */
  indexes: OrderedDocument[];
  /** Those that make documents expire; built when everything has been compared. */
  expiringIndexes: OrderedDocument[];
  /** Value of `expireAfterSeconds` of the collection itself; set when everything has been compared. */
  expireAfterSeconds: unknown;
}

/** Known to the server only, or no longer known to it. */
const NOT_FOR_CREATE = ['uuid', 'autoIndexId', 'expireAfterSeconds'];

/**
 * How to make a collection as it was dumped.
 *
 * @param hasRawTimeSeries - Whether the server keeps a time series under its own name, and not as a bucket collection behind a view
 */
export function planCollection(collection: DumpCollection, hasRawTimeSeries: boolean): CollectionPlan {
  const { name, type } = collection;
  const all = toOrdered(collection.options);
  const options = new Map([...all].filter(([field]) => !NOT_FOR_CREATE.includes(field)));
  const indexes = collection.indexes
    .map((bytes) => toOrdered(bytes))
    .filter((index) => !isMadeByItself(index))
    .map((index) => toDefinition(index, options.has('collation')));
  return {
    name,
    type,
    storage: storageFor(collection, hasRawTimeSeries),
    isCapped: options.get('capped') === true,
    options,
    indexes: indexes.filter((index) => !index.has('expireAfterSeconds')),
    expiringIndexes: indexes.filter((index) => index.has('expireAfterSeconds')),
    expireAfterSeconds: all.get('expireAfterSeconds'),
  };
}

/** Makes a collection or a view as planned, without its indexes. */
export async function createCollection(db: mongo.Db, { name, options }: CollectionPlan): Promise<void> {
  await db.command({ create: name, ...Object.fromEntries(options) });
}

function storageFor({ name, type }: DumpCollection, hasRawTimeSeries: boolean): Storage | undefined {
  const isRaw = type === 'timeseries' && hasRawTimeSeries;
  const collection = isRaw ? name : storageOf({ name, type });
  return collection === undefined ? undefined : { collection, isRaw };
}

/** Whether every collection has this index from its creation: the plain one on `_id`, or the cluster. */
function isMadeByItself(index: OrderedDocument): boolean {
  const key = index.get('key');
  if (index.get('clustered') === true) return true;
  return key instanceof Map && key.size === 1 && Number(key.get('_id')) === 1;
}

function toDefinition(index: OrderedDocument, hasCollation: boolean): OrderedDocument {
  const definition = new Map([...index].filter(([field]) => field !== 'ns'));
  // One without a collation in a collection with one is an index of plain bytes: the server has to be told.
  if (hasCollation && !definition.has('collation'))
    definition.set('collation', new Map([['locale', 'simple']]));
  return definition;
}
