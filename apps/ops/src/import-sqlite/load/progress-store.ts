import type { mongo } from 'mongoose';
import { EMPTY_CONTENT, isSameContent, type ContentDigest } from '../../raw/content-hash.ts';
import { ImportError } from '../import-sqlite.error.ts';
import type { LoadPlan } from '../plan/import-plan.ts';
import { PROGRESS_COLLECTION } from '../plan/names.ts';
import type { Note } from '../report/notes.ts';
import { readBack, type ReadBackOptions } from './read-back.ts';

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
  /** Of the documents that are stored. */
  hash: ContentDigest;
  /** Rows in embedded arrays, by {@link embedKey}. */
  embedded: Record<string, number>;
  notes: Note[];
  failures: RowFailure[];
  failed: number;
  /** Every row is stored. A run that comes to the end of the rows without that leaves them all to be tried again. */
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
  /** Rows of the table. */
  total: number;
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

const DROP_HINT =
  'run it with --drop to begin again: it first drops what an import has filled and nobody has changed';

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
  async read({ collection, digest, total }: LoadPlan): Promise<LoadState | undefined> {
    const [stored, first] = await Promise.all([
      this.#collection.findOne({ _id: collection }),
      this.#db.collection(collection).findOne({}, { projection: { _id: 1 } }),
    ]);
    if (first === null) return undefined;
    if (stored === null) throw notOfAnImport(collection);
    if (stored.fingerprint !== this.#source.fingerprint || stored.file !== this.#source.name) {
      const text = `The collection ${collection} was filled from another state of the file, or from another file`;
      throw new ImportError('SOURCE_CHANGED', text, { nextStep: DROP_HINT });
    }
    if (stored.digest !== digest) {
      const text = `The collection ${collection} was filled with another mapping`;
      throw new ImportError('SOURCE_CHANGED', text, { nextStep: DROP_HINT });
    }
    const state = fromStored(stored.state);
    return !state.isDone && state.position.rows >= total ? NOTHING_DONE : state;
  }

  /** Before the first documents of these collections. */
  async begin(plans: readonly LoadPlan[]): Promise<void> {
    if (plans.length === 0) return;
    const now = new Date();
    const { name: file, fingerprint } = this.#source;
    // Left by collections that were emptied since.
    await this.#collection.deleteMany({ _id: { $in: plans.map(({ collection }) => collection) } });
    await this.#collection.insertMany(
      plans.map(({ collection, digest, rows, total }) => ({
        _id: collection,
        file,
        fingerprint,
        digest,
        table: rows.table,
        total,
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

  /**
   * Drops the collections, when every one of them was filled by an import and nobody has changed it since: what a service keeps under
   * the same name is not this command's to drop.
   *
   * @throws {@link ImportError} `TARGET_NOT_EMPTY` or `TARGET_CHANGED`, before anything was dropped
   */
  async drop(plans: readonly LoadPlan[], options: ReadBackOptions): Promise<void> {
    const names = plans.map(({ collection }) => collection);
    const known = await this.#collection.find({ _id: { $in: names } }).toArray();
    const own = known.map(({ _id }) => _id);
    for (const name of names.filter((each) => !own.includes(each))) {
      const first = await this.#db.collection(name).findOne({}, { projection: { _id: 1 } });
      if (first !== null) throw notOfAnImport(name);
    }
    for (const progress of known) {
      if (!(await this.#isAsLeft(progress, options))) throw changedSince(progress._id);
    }
    for (const name of own) {
      await this.#db.collection(name).drop();
      // Last: after an end in between it is still known whose it was.
      await this.#collection.deleteOne({ _id: name });
    }
  }

  /** Whether it holds nothing else than what an import has stored, as far as its progress tells. */
  async #isAsLeft({ _id: name, total, state }: ProgressDocument, options: ReadBackOptions): Promise<boolean> {
    const count = await this.#db.collection(name).countDocuments();
    // Also when it was dropped already, before this command was ended.
    if (count === 0) return true;
    // How much of what was on its way has arrived is not known; it is no more than there are rows.
    if (!state.isDone && state.position.rows < total) return count <= total;
    if (count !== state.hash.documents) return false;
    return isSameContent(await readBack(this.#db.collection(name), count, options), state.hash);
  }
}

function changedSince(collection: string): ImportError {
  return new ImportError(
    'TARGET_CHANGED',
    `The collection ${collection} does not hold what the import has left there: it was written to since`,
    {
      nextStep:
        'name another collection in a mapping; or, if nobody needs this one, save it with "ops backup create" and drop it yourself',
    },
  );
}

function notOfAnImport(collection: string): ImportError {
  return new ImportError(
    'TARGET_NOT_EMPTY',
    `The collection ${collection} holds documents of something else`,
    {
      nextStep: 'name another collection in a mapping, or drop this one yourself if nobody needs it',
    },
  );
}

/** A rowid as text: as a number, the largest would be rounded. */
function toStored({ position, ...state }: LoadState): StoredState {
  return { ...state, position: { rows: position.rows, rowid: position.rowid?.toString() ?? null } };
}

function fromStored({ position, ...state }: StoredState): LoadState {
  const rowid = position.rowid === null ? undefined : BigInt(position.rowid);
  return { ...state, position: { rows: position.rows, rowid } };
}
