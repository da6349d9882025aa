import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseTimeoutError, DatabaseUnavailableError, toDatabaseError } from '#database';
import { mongo } from 'mongoose';
import { documentsIn, insertRaw, type RawDocuments, type Refusal } from '../../raw/insert-raw.ts';

/** Which documents of a batch are not in the collection, and why. */
export interface Settled {
  inserted: number;
  /** The same document was there before, from a run that was interrupted. */
  alreadyThere: number;
  failures: { place: number; reason: string }[];
}

export interface SettleOptions {
  signal: AbortSignal;
  /** How long the server may be away, in milliseconds. */
  patienceMs: number;
}

const DUPLICATE_KEY = 11_000;
const PAUSE_MS = { first: 100, last: 2_000 };
/** `_id`s in one query. */
const LOOK_UP = 1_000;

/**
 * Inserts a batch and finds out what came of it. What is there already is compared byte by byte, so that a batch may be sent any number
 * of times; so it is sent again while the server is away.
 *
 * @throws {@link DatabaseUnavailableError} When the server stays away
 */
export async function settleBatch(
  collection: mongo.Collection,
  batch: RawDocuments,
  options: SettleOptions,
): Promise<Settled> {
  const { inserted, refused: refusals } = await persist(() => insertRaw(collection, batch), options);
  const duplicates = refusals.filter(({ code }) => code === DUPLICATE_KEY);
  const others = refusals.filter(({ code }) => code !== DUPLICATE_KEY);
  const failures = others.map(({ place, code }) => ({
    place,
    reason: `the server has refused it (code ${code})`,
  }));
  const conflicts = await persist(() => findConflicts(collection, batch, duplicates), options);
  return {
    inserted,
    alreadyThere: duplicates.length - conflicts.length,
    failures: [...failures, ...conflicts],
  };
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
  batch: RawDocuments,
  duplicates: readonly Refusal[],
): Promise<Settled['failures']> {
  if (duplicates.length === 0) return [];
  const documents = documentsIn(batch.bytes);
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
      if (stored.has(bytes.toString('latin1'))) continue;
      conflicts.push({ place, reason: 'another document with this _id or a unique value of it is there' });
    }
  }
  return conflicts;
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
