import { BackupError } from '../backup.error.ts';
import { elementsOf, toBson, toExtendedJson } from './extended-json.ts';
import { TOOL_NAME } from './names.ts';
import { parseOrderedJson, type OrderedJson } from './ordered-json.ts';

export type CollectionType = 'collection' | 'view' | 'timeseries';

/** What `<collection>.metadata.json` says. */
export interface CollectionMetadata {
  collection: string;
  type: CollectionType;
  /** BSON, as `listCollections` gives them; an empty document when there are none. */
  options: Uint8Array;
  /** BSON, as `listIndexes` gives them. */
  indexes: Uint8Array[];
  /** 32 hex digits; absent for views and time series. */
  uuid?: string;
}

const EMPTY_DOCUMENT_BYTES = 5;
const MARK = `"tool":${JSON.stringify(TOOL_NAME)}}`;

/** The text of the file as mongodump writes it, with one field more: mongorestore passes over what it does not know. */
export function formatMetadata({ collection, type, options, indexes, uuid }: CollectionMetadata): string {
  const fields = [
    ...(options.length > EMPTY_DOCUMENT_BYTES ? [`"options":${toExtendedJson(options)}`] : []),
    `"indexes":[${indexes.map(toExtendedJson).join(',')}]`,
    ...(uuid === undefined ? [] : [`"uuid":${JSON.stringify(uuid)}`]),
    `"collectionName":${JSON.stringify(collection)}`,
    `"type":${JSON.stringify(type)}`,
  ];
  return `{${fields.join(',')},${MARK}`;
}

/** Whether {@link formatMetadata} wrote it. */
export function isMarkedMetadata(text: string): boolean {
  return text.endsWith(MARK);
}

/**
 * Reads the text of the file, also as older versions of mongodump wrote it: they left out the type and the name.
 *
 * @param fallbackName - Of the collection, from the name of the file
 * @throws {@link BackupError} `BACKUP_DAMAGED`
 */
export function parseMetadata(text: string, fallbackName: string): CollectionMetadata {
  try {
    const json = parseOrderedJson(text);
    if (!(json instanceof Map)) throw new SyntaxError('This is no object');
    const options = toBson(documentOf(json.get('options') ?? new Map()));
    const indexes = json.get('indexes') ?? [];
    if (!Array.isArray(indexes)) throw new SyntaxError('The indexes are no list');
    const [name, uuid] = [json.get('collectionName'), json.get('uuid')];
    return {
      collection: typeof name === 'string' && name !== '' ? name : fallbackName,
      type: typeOf(json.get('type'), options),
      options,
      indexes: indexes.map((index) => toBson(documentOf(index))),
      ...(typeof uuid === 'string' && uuid !== '' && { uuid }),
    };
  } catch (cause) {
    const message = `The metadata of ${fallbackName} cannot be read`;
    throw new BackupError('BACKUP_DAMAGED', message, { cause });
  }
}

function documentOf(json: OrderedJson): Map<string, OrderedJson> {
  if (json instanceof Map) return json;
  throw new SyntaxError('This is no object');
}

function typeOf(type: OrderedJson | undefined, options: Uint8Array): CollectionType {
  if (type === 'view' || type === 'timeseries' || type === 'collection') return type;
  const names = elementsOf(options).map(({ name }) => name);
  if (names.includes('viewOn')) return 'view';
  return names.includes('timeseries') ? 'timeseries' : 'collection';
}
