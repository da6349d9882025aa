import type { mongo } from 'mongoose';
import { EMPTY_CONTENT, type ContentDigest } from '../../raw/content-hash.ts';
import { ImportError } from '../import-sqlite.error.ts';
import type { LoadPlan } from '../plan/import-plan.ts';
import { PROGRESS_COLLECTION } from '../plan/names.ts';
import type { Note } from '../report/notes.ts';

/** How far the rows of a table are, all of which are stored and acknowledged. */
export interface Position {
  /** Rows read. */
  rows: number;
  /** The rowid of the last of them, where there is one. */
  rowid: bigint | undefined;
}

export interface RowFailure {
  row: number;
  reason: string;
}

/** What is known about one collection at a position. */
export interface LoadState {
  position: Position;
  hash: ContentDigest;
  /** Rows in embedded arrays, by {@link embedKey}. */
  embedded: Record<string, number>;
  notes: Note[];
  failures: RowFailure[];
  failed: number;
  isDone: boolean;
}

interface StoredState extends Omit<LoadState, 'position'> {
  position: { rows: number; rowid: string | null };
}

interface ProgressDocument {
  _id: string;
  file: string;
  fingerprint: string;
  digest: string;
  table: string;
  state: StoredState;
  startedAt: Date;
  updatedAt: Date;
}

export const NOTHING_DONE: LoadState = {
  position: { rows: 0, rowid: undefined },
  hash: EMPTY_CONTENT,
  embedded: {},
  notes: [],
  failures: [],
  failed: 0,
  isDone: false,
};

const DROP_HINT = 'run it with --drop to begin again: it drops the collections of this import first';

/** Keeps in MongoDB, beside the documents, how far each collection is. */
export class ProgressStore {
  readonly #db: mongo.Db;
  readonly #source: { name: string; fingerprint: string };

  constructor(db: mongo.Db, source: { name: string; fingerprint: string }) {
    this.#db = db;
    this.#source = source;
  }

  get #collection(): mongo.Collection<ProgressDocument> {
    return this.#db.collection<ProgressDocument>(PROGRESS_COLLECTION);
  }

  /**
   * Finds out where to begin. Nothing is written.
   *
   * @throws {@link ImportError} `TARGET_NOT_EMPTY` or `SOURCE_CHANGED`, when the collection holds anything but the beginning of this import
   */
  async read({ collection, digest }: LoadPlan): Promise<LoadState | undefined> {
    const [stored, first] = await Promise.all([
      this.#collection.findOne({ _id: collection }),
      this.#db.collection(collection).findOne({}, { projection: { _id: 1 } }),
    ]);
    if (first === null) return undefined;
    if (stored === null) {
      const nextStep = `name another collection in a mapping, or ${DROP_HINT}`;
      throw new ImportError(
        'TARGET_NOT_EMPTY',
        `The collection ${collection} holds documents of something else`,
        { nextStep },
      );
    }
    if (stored.fingerprint !== this.#source.fingerprint || stored.file !== this.#source.name) {
      const text = `The collection ${collection} was filled from another state of the file, or from another file`;
      throw new ImportError('SOURCE_CHANGED', text, { nextStep: DROP_HINT });
    }
    if (stored.digest !== digest) {
      const text = `The collection ${collection} was filled with another mapping`;
      throw new ImportError('SOURCE_CHANGED', text, { nextStep: DROP_HINT });
    }
    return fromStored(stored.state);
  }

  /** Before the first documents of these collections. */
  async begin(plans: readonly LoadPlan[]): Promise<void> {
    if (plans.length === 0) return;
    const now = new Date();
    const { name: file, fingerprint } = this.#source;
    // Left by collections that were emptied since.
    await this.#collection.deleteMany({ _id: { $in: plans.map(({ collection }) => collection) } });
    await this.#collection.insertMany(
      plans.map(({ collection, digest, rows }) => ({
        _id: collection,
        file,
        fingerprint,
        digest,
        table: rows.table,
        state: toStored(NOTHING_DONE),
        startedAt: now,
        updatedAt: now,
      })),
    );
  }

  async save({ collection }: LoadPlan, state: LoadState): Promise<void> {
    await this.#collection.updateOne(
      { _id: collection },
      { $set: { state: toStored(state), updatedAt: new Date() } },
    );
  }

  /** Drops the collection. That it was begun is forgotten first, so that an end in between looks like a collection of something else. */
  async drop({ collection }: LoadPlan): Promise<void> {
    await this.#collection.deleteOne({ _id: collection });
    await this.#db.collection(collection).drop();
  }
}

/** A rowid as text: as a number, the largest would be rounded. */
function toStored({ position, ...state }: LoadState): StoredState {
  return { ...state, position: { rows: position.rows, rowid: position.rowid?.toString() ?? null } };
}

function fromStored({ position, ...state }: StoredState): LoadState {
  const rowid = position.rowid === null ? undefined : BigInt(position.rowid);
  return { ...state, position: { rows: position.rows, rowid } };
}
