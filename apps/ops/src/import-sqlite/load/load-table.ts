import type { mongo } from 'mongoose';
import { ContentHash, withoutContent } from '../../raw/content-hash.ts';
import { documentsIn } from '../../raw/insert-raw.ts';
import type { LoadPlan } from '../plan/import-plan.ts';
import type { SqliteSource } from '../source/sqlite-source.ts';
import type { LoadState, ProgressStore, RowFailure } from './progress-store.ts';
import { BatchReader, KEPT_FAILURES, type Batch } from './read-batches.ts';
import { settleBatch, type Settled, type SettleOptions } from './settle-batch.ts';

export interface LoadOptions extends SettleOptions {
  source: SqliteSource;
  collection: mongo.Collection;
  progress: ProgressStore;
  /** Rows that are stored, whenever there are more of them. */
  onProgress: (rows: number) => void;
}

/** What became of the rows of a table in this run. */
export interface Loaded {
  state: LoadState;
  inserted: number;
  alreadyThere: number;
}

/** Batches under way at once, and the bytes in them that are enough for one. */
const IN_FLIGHT = 2;
const LARGE_BYTES = 8 * 1_048_576;
const SAVE_INTERVAL_MS = 500;

/**
 * Reads a table from where `begin` ends, and inserts it. What is stored up to a row without a gap is kept as progress every half second.
 *
 * @throws {@link DatabaseUnavailableError} {@link ImportError} After which the next run goes on from the last progress that was kept
 */
export async function loadTable(plan: LoadPlan, begin: LoadState, options: LoadOptions): Promise<Loaded> {
  const reader = new BatchReader(options.source, plan, begin);
  const load = new Load(plan, begin, options);
  try {
    for (const batch of reader.batches()) {
      await load.send(batch);
    }
    await load.settleAll();
  } catch (error) {
    await load.abandon();
    throw error;
  }
  return load.finish(reader.state);
}

/** Batches that were sent, settled in the order of their rows. */
class Load {
  readonly #plan: LoadPlan;
  readonly #options: LoadOptions;
  readonly #sent: { batch: Batch; settled: Promise<Settled> }[] = [];
  readonly #refused: RowFailure[] = [];
  readonly #refusedContent = new ContentHash();
  #refusedCount = 0;
  #inserted = 0;
  #alreadyThere = 0;
  #state: LoadState;
  #savedAt = performance.now();

  constructor(plan: LoadPlan, begin: LoadState, options: LoadOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#state = begin;
  }

  async send(batch: Batch): Promise<void> {
    const { collection } = this.#options;
    const settled = settleBatch(collection, batch, this.#options);
    // Its failure is met when its turn comes.
    settled.catch(() => undefined);
    this.#sent.push({ batch, settled });
    const isFull = (): boolean => {
      const bytes = this.#sent.reduce((sum, other) => sum + other.batch.bytes.length, 0);
      return this.#sent.length >= IN_FLIGHT || bytes >= LARGE_BYTES;
    };
    while (isFull() && this.#sent.length > 0) await this.#settleFirst();
  }

  async settleAll(): Promise<void> {
    while (this.#sent.length > 0) await this.#settleFirst();
  }

  /** Nothing is under way when it returns; what is stored so far is kept if the server still answers. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#sent.map(({ settled }) => settled));
    if (this.#state.position.rows > 0) {
      await this.#options.progress.save(this.#plan, this.#state).catch(() => undefined);
    }
  }

  finish(end: LoadState): Loaded {
    return { state: this.#withRefused(end), inserted: this.#inserted, alreadyThere: this.#alreadyThere };
  }

  async #settleFirst(): Promise<void> {
    const first = this.#sent[0];
    if (first === undefined) return;
    const { inserted, alreadyThere, failures } = await first.settled;
    this.#sent.shift();
    const { batch } = first;
    this.#inserted += inserted;
    this.#alreadyThere += alreadyThere;
    this.#refusedCount += failures.length;
    for (const { place, reason } of failures.slice(0, KEPT_FAILURES - this.#refused.length)) {
      this.#refused.push({ row: batch.rowNumbers[place] ?? 0, reason });
    }
    const documents = failures.length === 0 ? [] : documentsIn(batch.bytes);
    for (const { place } of failures) {
      const bytes = documents[place];
      if (bytes) this.#refusedContent.add(bytes, 1);
    }
    this.#state = this.#withRefused(batch.after);
    this.#options.onProgress(batch.after.position.rows);
    batch.release();
    if (performance.now() - this.#savedAt < SAVE_INTERVAL_MS) return;
    await this.#options.progress.save(this.#plan, this.#state);
    this.#savedAt = performance.now();
  }

  #withRefused(state: LoadState): LoadState {
    const failures = [...state.failures, ...this.#refused].slice(0, KEPT_FAILURES);
    const hash = withoutContent(state.hash, this.#refusedContent.digest);
    return { ...state, hash, failures, failed: state.failed + this.#refusedCount };
  }
}
