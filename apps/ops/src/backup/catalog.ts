import { mongo } from 'mongoose';
import { elementsOf } from './dump-format/extended-json.ts';
import type { CollectionMetadata, CollectionType } from './dump-format/metadata-json.ts';
import { BUCKETS_PREFIX, MARKER_COLLECTION } from './dump-format/names.ts';
import { readAll } from './read-collection.ts';

/** A collection, view or time series, as the server describes it. */
export interface CatalogEntry extends CollectionMetadata {
  isCapped: boolean;
  /** Another one after it was dropped and created again. */
  identity: string | undefined;
  /** The collection that holds its documents; `undefined` for a view. */
  storage: string | undefined;
}

const EMPTY_DOCUMENT = Buffer.from([5, 0, 0, 0, 0]);
const BINARY_HEADER_BYTES = 5;

/**
 * Everything in a database that a backup holds, in the order of names: as mongodump all but `system.…`, of which only `system.js`
 * belongs to the people who use the database. Options and indexes stay BSON, so that nothing about them changes.
 *
 * @param hasRawTimeSeries - Whether the server stores a time series under its own name
 */
export async function readCatalog(
  db: mongo.Db,
  { hasRawTimeSeries, signal }: { hasRawTimeSeries: boolean; signal?: AbortSignal },
): Promise<CatalogEntry[]> {
  const command = { listCollections: 1, cursor: {} };
  const described = await readAll({
    db,
    command,
    collection: '$cmd.listCollections',
    ...(signal && { signal }),
  });
  const all = described.map((each) => toEntry(each, hasRawTimeSeries));
  const entries: CatalogEntry[] = [];
  for (const entry of all.filter(({ collection }) => !isInternal(collection))) {
    const identity = entry.uuid ?? all.find(({ collection }) => collection === entry.storage)?.uuid;
    const indexes = entry.type === 'view' ? [] : await readIndexes(db, entry.collection, signal);
    entries.push({ ...entry, identity, indexes });
  }
  return entries.sort((a, b) => (a.collection < b.collection ? -1 : 1));
}

/** Tells two states of a catalogue apart. */
export function fingerprint(entries: readonly CatalogEntry[]): string {
  return JSON.stringify(
    entries.map(({ collection, identity, options, indexes }) => [
      collection,
      identity,
      Buffer.from(options).toString('base64'),
      indexes.map((index) => Buffer.from(index).toString('base64')),
    ]),
  );
}

async function readIndexes(db: mongo.Db, collection: string, signal?: AbortSignal): Promise<Buffer[]> {
  const command = { listIndexes: collection, cursor: {} };
  return readAll({ db, command, collection: `$cmd.listIndexes.${collection}`, ...(signal && { signal }) });
}

function toEntry(description: Buffer, hasRawTimeSeries: boolean): Omit<CatalogEntry, 'identity'> {
  const { name, type, info } = mongo.BSON.deserialize(description) as {
    name: string;
    type?: CollectionType;
    info?: mongo.Document;
  };
  const fields = elementsOf(description);
  const options = fields.find((field) => field.name === 'options')?.value ?? EMPTY_DOCUMENT;
  const uuid = uuidOf(fields.find((field) => field.name === 'info')?.value);
  const kind = type ?? 'collection';
  const bucket = hasRawTimeSeries ? name : `${BUCKETS_PREFIX}${name}`;
  return {
    collection: name,
    type: kind,
    options,
    indexes: [],
    isCapped: mongo.BSON.deserialize(options).capped === true,
    storage: { collection: name, timeseries: bucket, view: undefined }[kind],
    ...(info?.uuid !== undefined && uuid !== undefined && { uuid }),
  };
}

function uuidOf(info: Buffer | undefined): string | undefined {
  const value = info && elementsOf(info).find(({ name }) => name === 'uuid')?.value;
  return value?.toString('hex', BINARY_HEADER_BYTES);
}

function isInternal(name: string): boolean {
  if (name === MARKER_COLLECTION) return true;
  return name !== 'system.js' && (name.startsWith('system.') || name.includes('$'));
}
