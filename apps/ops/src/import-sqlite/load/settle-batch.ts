import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseTimeoutError, DatabaseUnavailableError, toDatabaseError } from '#database';
import { mongo } from 'mongoose';
import { documentsIn, insertRaw, type RawDocuments, type Refusal } from '../../raw/insert-raw.ts';
import { ImportError } from '../import-sqlite.error.ts';

/** Which documents of a batch are not in the collection, and why. */
export interface Settled {
  inserted: number;
  /** The same document was there before, from a run that was interrupted. */
  alreadyThere: number;
  failures: { place: number; reason: string }[];
}

/** Documents, and which rows they were. */
export interface NumberedDocuments extends RawDocuments {
  rowNumbers: readonly number[];
}

export interface SettleOptions {
  signal: AbortSignal;
  /** How long the server may be away, in milliseconds. */
  patienceMs: number;
}

const DUPLICATE_KEY = 11_000;
/** What an insert says of more than 180 levels. */
const OVERFLOW = 15;
/**
 * What the server may have against one document: BadValue, Overflow, a name of a field, an `_id` of a type that cannot be one, a validator,
 * two lists in one index, too large, no geometry.
 *
 * @see https://github.com/mongodb/mongo/blob/v8.0/src/mongo/base/error_codes.yml
 */
const DOCUMENT_CODES = new Set([
  2,
  OVERFLOW,
  52,
  53,
  55,
  56,
  57,
  121,
  171,
  10_334,
  16_755,
  17_280,
  17_419,
  17_420,
]);
const PAUSE_MS = { first: 100, last: 2_000 };
/** `_id`s in one query. */
const LOOK_UP = 1_000;

/**
 * Inserts a batch and finds out what came of it. What is there already is compared byte by byte, so that a batch may be sent any number
 * of times; so it is sent again while the server is away.
 *
 * @throws {@link DatabaseUnavailableError} When the server stays away
 * @throws {@link ImportError} `WRITE_REFUSED` when it has something against documents that is not in them
 */
export async function settleBatch(
  collection: mongo.Collection,
  batch: NumberedDocuments,
  options: SettleOptions,
): Promise<Settled> {
  const { inserted, refused: refusals } = await persist(() => insert(collection, batch), options);
  const duplicates = refusals.filter(({ code }) => code === DUPLICATE_KEY);
  const others = refusals.filter(({ code }) => code !== DUPLICATE_KEY);
  const failures = others.map(({ place, code }) => ({
    place,
    reason:
      code === OVERFLOW ? 'its document is nested too deeply' : `the server has refused it (code ${code})`,
  }));
  const conflicts = await persist(() => findConflicts(collection, batch, duplicates), options);
  return {
    inserted,
    alreadyThere: duplicates.length - conflicts.length,
    failures: [...failures, ...conflicts],
  };
}

/** @throws What another try, or nobody here, can do something about */
async function insert(collection: mongo.Collection, batch: NumberedDocuments): ReturnType<typeof insertRaw> {
  const result = await insertRaw(collection, batch);
  const other = result.refused.find(({ code }) => code !== DUPLICATE_KEY && !DOCUMENT_CODES.has(code));
  if (other === undefined) return result;
  const cause = new mongo.MongoServerError({ code: other.code, errmsg: other.message });
  const named = toDatabaseError(cause);
  if (named !== cause) throw named;
  const row = batch.rowNumbers[other.place] ?? 0;
  const text = `The server did not store row ${row} for ${collection.collectionName} (code ${other.code}), and not because of what is in it`;
  throw new ImportError('WRITE_REFUSED', text, {
    cause,
    nextStep: 'look into the log of the server; the same command then goes on where it was',
  });
}

/** Calls `operation` again while the server is away, up to the patience. */
async function persist<T>(operation: () => Promise<T>, { signal, patienceMs }: SettleOptions): Promise<T> {
  const givesUpAt = performance.now() + patienceMs;
  let pauseMs = PAUSE_MS.first;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await operation();
    } catch (error) {
      const named = toDatabaseError(error);
      const isAway = named instanceof DatabaseUnavailableError || named instanceof DatabaseTimeoutError;
      if (!isAway || performance.now() + pauseMs > givesUpAt) throw named;
    }
    await sleep(pauseMs, undefined, { signal });
    pauseMs = Math.min(PAUSE_MS.last, pauseMs * 2);
  }
}

async function findConflicts(
  collection: mongo.Collection,
  batch: NumberedDocuments,
  duplicates: readonly Refusal[],
): Promise<Settled['failures']> {
  if (duplicates.length === 0) return [];
  const documents = documentsIn(batch.bytes);
  const firstPlaces = placesOf(documents);
  const conflicts: Settled['failures'] = [];
  for (let from = 0; from < duplicates.length; from += LOOK_UP) {
    const part = duplicates.slice(from, from + LOOK_UP).flatMap(({ place }) => {
      const bytes = documents[place];
      return bytes === undefined ? [] : [{ place, bytes }];
    });
    const stored = await findStored(
      collection,
      part.map(({ bytes }) => bytes),
    );
    for (const { place, bytes } of part) {
      const content = bytes.toString('latin1');
      const first = firstPlaces.get(content) ?? place;
      if (!stored.has(content)) {
        conflicts.push({ place, reason: 'another document with this _id or a unique value of it is there' });
      } else if (first !== place) {
        const row = batch.rowNumbers[first] ?? 0;
        conflicts.push({ place, reason: `its document is the same as that of row ${row}` });
      }
    }
  }
  return conflicts;
}

/** Where each document is first. */
function placesOf(documents: readonly Buffer[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [place, bytes] of documents.entries()) {
    const content = bytes.toString('latin1');
    if (!places.has(content)) places.set(content, place);
  }
  return places;
}

/** The documents in the collection with the `_id`s of these, as bytes. */
async function findStored(collection: mongo.Collection, documents: readonly Buffer[]): Promise<Set<string>> {
  const ids = documents.map(
    (bytes) => mongo.BSON.deserialize(bytes, { promoteValues: false })._id as mongo.BSON.ObjectId,
  );
  const found = collection.find({ _id: { $in: ids } }, { raw: true });
  const stored = new Set<string>();
  for await (const bytes of found) stored.add((bytes as unknown as Buffer).toString('latin1'));
  return stored;
}
