import { mongo } from 'mongoose';
import { isPlainObject } from './path-value.ts';

/** Those with which Mongoose makes what it sends. With `flattenMaps` it would lose empty objects in maps. */
const SENT = {
  transform: false,
  virtuals: false,
  getters: false,
  _skipDepopulateTopLevel: true,
  depopulate: true,
  flattenDecimals: false,
  useProjection: false,
  versionKey: true,
  flattenObjectIds: false,
  flattenUUIDs: false,
  flattenMaps: false,
  bson: true,
};

/**
 * What the driver would read back of a document, once it is stored: as Mongoose sends it, and maps as objects.
 *
 * @param document - One of Mongoose
 * @returns A document that shares no object, array, date or bytes with it
 */
export function storedForm(document: { toObject(options: object): unknown }): mongo.Document {
  return plain(document.toObject(SENT)) as mongo.Document;
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Array.from(value, plain);
  if (value instanceof Date) return new Date(value);
  if (value instanceof Uint8Array) return binaryOf(value);
  if (value instanceof Map) return objectOf(value);
  if (isPlainObject(value)) return objectOf(Object.entries(value));
  // What maps hold is still as Mongoose has it.
  return 'toBSON' in value && typeof value.toBSON === 'function' ? plain(value.toBSON()) : value;
}

/** @param bytes - Mongoose's buffers know their subtype */
function binaryOf(bytes: Uint8Array & { _subtype?: number }): mongo.Binary {
  return new mongo.Binary(Buffer.from(bytes), bytes._subtype ?? 0);
}

function objectOf(entries: Iterable<[unknown, unknown]>): object {
  return Object.fromEntries(Array.from(entries, ([key, value]) => [key, plain(value)]));
}
