import type { mongo } from 'mongoose';
import { MARKER_COLLECTION } from '../backup/dump-format/names.ts';
import { readAll } from '../backup/read-collection.ts';
import { EXIT } from '../exit-codes.ts';
import { toOrdered, type OrderedDocument } from './ordered-bson.ts';
import { RestoreError } from './restore.error.ts';

const BEGUN = 'begun';
const EMPTIED = 'emptied';
const ENDED = 'ended';
const RESERVED = ['admin', 'config', 'local'];
const FORBIDDEN_IN_NAME = /[/\\. "$*<>:|?\0]/;
const LONGEST_NAME_BYTES = 63;

export interface ExistingCollection {
  name: string;
  type: string;
  options: OrderedDocument;
}

/** What a restore notes in the target before it writes anything else. */
export interface Marker {
  /** Which dump. */
  fingerprint: string;
  startedAt: Date;
  /** Whether nothing is left of what was there before: from then on everything comes from the dump. */
  isEmptied: boolean;
  /** Whether it came to its end, and not everything was as in the dump. */
  hasEnded: boolean;
  /** Where the former content was saved, if there was any. */
  safetyBackup: string | null;
}

/** A database as it is before a restore. */
export interface Target {
  /** Without those of MongoDB itself and without the marker. */
  collections: ExistingCollection[];
  /** `undefined` unless a restore into it was begun and not everything is restored. */
  marker: Marker | undefined;
}

/** @throws {@link RestoreError} `TARGET_INVALID` */
export function checkTargetName(name: string): void {
  const isValid =
    name !== '' && !FORBIDDEN_IN_NAME.test(name) && Buffer.byteLength(name) <= LONGEST_NAME_BYTES;
  const wrongUse = { nextStep: 'name another database with --to NAME', exitCode: EXIT.usage };
  if (!isValid) throw new RestoreError('TARGET_INVALID', 'MongoDB takes no database of this name', wrongUse);
  if (RESERVED.includes(name)) {
    throw new RestoreError('TARGET_INVALID', `The database ${name} belongs to MongoDB itself`, wrongUse);
  }
}

/** Reads what a database holds, names only. */
export async function readTarget(db: mongo.Db): Promise<Target> {
  const collections = await readCollections(db);
  const isMarked = collections.some(({ name }) => name === MARKER_COLLECTION);
  return {
    collections: collections.filter(({ name }) => name !== MARKER_COLLECTION),
    marker: isMarked ? await readMarker(db) : undefined,
  };
}

/** Collections, views and time series, without what MongoDB keeps for itself. */
export async function readCollections(db: mongo.Db): Promise<ExistingCollection[]> {
  const command = { listCollections: 1, cursor: {} };
  const list = await readAll({ db, command, collection: '$cmd.listCollections' });
  return list
    .map((bytes): ExistingCollection => {
      const entry = toOrdered(bytes);
      const options = entry.get('options');
      return {
        name: String(entry.get('name')),
        type: String(entry.get('type')),
        options: options instanceof Map ? options : new Map(),
      };
    })
    .filter(({ name }) => !name.startsWith('system.') || name === 'system.js')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Leaves the note that everything in this database comes from an unfinished restore, or will. Written by inserts alone: the role
 * `restore` may not change a document.
 */
export async function writeMarker(db: mongo.Db, { isEmptied, ...begun }: NewMarker): Promise<void> {
  // Of another restore that was not finished.
  await removeMarker(db);
  await db.collection<MarkerPart>(MARKER_COLLECTION).insertOne({ _id: BEGUN, ...begun });
  if (isEmptied) await markEmptied(db);
}

/** Adds to the note that nothing is left of what was there before. */
export async function markEmptied(db: mongo.Db): Promise<void> {
  await db.collection<MarkerPart>(MARKER_COLLECTION).insertOne({ _id: EMPTIED });
}

/** Adds to the note that the restore has come to its end, and not everything is as in the dump. May be called again. */
export async function markEnded(db: mongo.Db): Promise<void> {
  const parts = db.collection<MarkerPart>(MARKER_COLLECTION);
  if (!(await parts.findOne({ _id: ENDED }))) await parts.insertOne({ _id: ENDED });
}

export async function removeMarker(db: mongo.Db): Promise<void> {
  await db.dropCollection(MARKER_COLLECTION);
}

type NewMarker = Omit<Marker, 'hasEnded'>;
type MarkerPart = { _id: string } & Partial<Marker>;

async function readMarker(db: mongo.Db): Promise<Marker | undefined> {
  const parts = await db.collection<MarkerPart>(MARKER_COLLECTION).find().toArray();
  const begun = parts.find(({ _id }) => _id === BEGUN);
  if (!begun) return undefined;
  const { fingerprint = '', startedAt = new Date(0), safetyBackup = null } = begun;
  const has = (part: string): boolean => parts.some(({ _id }) => _id === part);
  return { fingerprint, startedAt, safetyBackup, isEmptied: has(EMPTIED), hasEnded: has(ENDED) };
}

/**
 * Drops every collection that is there now, views first; the marker stays.
 *
 * @returns Their names
 */
export async function emptyTarget(db: mongo.Db): Promise<string[]> {
  const { collections } = await readTarget(db);
  const isView = ({ type }: ExistingCollection): boolean => type === 'view';
  const inOrder = [...collections.filter(isView), ...collections.filter((each) => !isView(each))];
  for (const { name } of inOrder) {
    // The server does not let go of it.
    if (name === 'system.js') await db.collection(name).deleteMany({});
    else await db.dropCollection(name);
  }
  return collections.map(({ name }) => name);
}
