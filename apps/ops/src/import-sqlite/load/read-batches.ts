import { BsonWriter } from '../encode/bson-writer.ts';
import { ContentHash } from '../encode/content-hash.ts';
import { rowNumberOf } from '../encode/encoder-context.ts';
import { RowEncoder } from '../encode/row-encoder.ts';
import type { LoadPlan } from '../plan/import-plan.ts';
import { RowNotes } from '../report/notes.ts';
import { nameSqliteError, type SqliteSource, type SqlRow } from '../source/sqlite-source.ts';
import type { RawBatch } from './insert-raw.ts';
import type { LoadState, Position, RowFailure } from './progress-store.ts';

/** Documents that go to the server together. */
export interface Batch extends RawBatch {
  /** Numbers of the rows, for what the server refuses. */
  rowNumbers: number[];
  /** What is known once all of them are stored. */
  after: LoadState;
  /** Takes its memory back; the batch must not be used after it. */
  release: () => void;
}

const BATCH_BYTES = 1_048_576;
const BATCH_DOCUMENTS = 5_000;
/** @see https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-BSON-Document-Size */
const MAX_DOCUMENT_BYTES = 16 * 1_048_576;
/** Failures that are listed; the count goes on. */
export const KEPT_FAILURES = 100;

/** Reads the rows of a table one after the other and makes batches of documents of them, from where `state` ends. */
export class BatchReader {
  readonly #plan: LoadPlan;
  readonly #source: SqliteSource;
  readonly #notes: RowNotes;
  readonly #embedded: Map<string, number>;
  readonly #hash: ContentHash;
  readonly #position: Position;
  readonly #spare: BsonWriter[] = [];
  #failures: RowFailure[];
  #failed: number;

  constructor(source: SqliteSource, plan: LoadPlan, state: LoadState) {
    this.#plan = plan;
    this.#source = source;
    this.#notes = new RowNotes(state.notes);
    this.#embedded = new Map(Object.entries(state.embedded));
    this.#hash = new ContentHash(state.hash);
    this.#position = { ...state.position };
    this.#failures = state.failures;
    this.#failed = state.failed;
  }

  /** Read and made at the pace at which batches are taken. */
  *batches(): Generator<Batch, void, undefined> {
    const encoder = new RowEncoder(this.#plan.rows, {
      source: this.#source,
      note: (code, text, row) => this.#notes.add(code, text, row),
      embedded: this.#embedded,
    });
    let writer = this.#takeWriter();
    let [ends, rowNumbers]: [number[], number[]] = [[], []];
    const position = this.#position;
    const rows = this.#open();
    try {
      for (let next = rows.next(); !next.done; next = rows.next()) {
        const row = next.value;
        position.rows += 1;
        if (typeof row[0] === 'bigint') position.rowid = row[0];
        const start = writer.offset;
        encoder.encode(writer, row, position.rows);
        if (writer.offset - start > MAX_DOCUMENT_BYTES) {
          this.#fail(rowNumberOf(row, position.rows), 'its document is larger than 16 MB');
          writer.offset = start;
        } else {
          this.#hash.add(writer.view, start, writer.offset);
          ends.push(writer.offset);
          rowNumbers.push(Number(rowNumberOf(row, position.rows)));
        }
        if (writer.offset < BATCH_BYTES && ends.length < BATCH_DOCUMENTS) continue;
        yield this.#seal(writer, ends, rowNumbers);
        writer = this.#takeWriter();
        [ends, rowNumbers] = [[], []];
      }
    } catch (error) {
      throw nameSqliteError(this.#source.name, error);
    } finally {
      rows.return?.();
    }
    if (ends.length > 0) yield this.#seal(writer, ends, rowNumbers);
  }

  /** What is known when every batch is stored. */
  get state(): LoadState {
    return {
      position: { ...this.#position },
      hash: this.#hash.state,
      embedded: Object.fromEntries(this.#embedded),
      notes: this.#notes.list(),
      failures: this.#failures,
      failed: this.#failed,
      isDone: false,
    };
  }

  #fail(row: bigint | number, reason: string): void {
    this.#failed += 1;
    if (this.#failures.length < KEPT_FAILURES)
      this.#failures = [...this.#failures, { row: Number(row), reason }];
  }

  /** Rows from where the last run has ended. */
  #open(): Iterator<SqlRow> {
    const { rows, from, where } = this.#plan;
    const { rows: done, rowid } = this.#position;
    const order = rows.rowid === undefined ? '' : ` ORDER BY ${rows.rowid}`;
    const isSeek = rowid !== undefined && rows.rowid !== undefined;
    const after = isSeek ? `${where === '' ? 'WHERE' : ' AND'} ${rows.rowid} > ?` : '';
    const sql = `SELECT ${rows.select} ${from} ${where}${after}${order}`;
    const iterator = this.#source.rows(sql, ...(isSeek ? [rowid] : []));
    // Without a rowid to seek, the rows that are done are passed over: the file is the same, and so is their order.
    const skip = isSeek ? 0 : done;
    for (let place = 0; place < skip; place += 1) iterator.next();
    return iterator;
  }

  #seal(writer: BsonWriter, ends: number[], rowNumbers: number[]): Batch {
    const bytes = writer.bytes.subarray(0, writer.offset);
    const release = (): void => {
      // What has grown for a large document goes.
      if (writer.bytes.length <= BATCH_BYTES * 2) this.#spare.push(writer);
    };
    return { bytes, ends, rowNumbers, after: this.state, release };
  }

  #takeWriter(): BsonWriter {
    const writer = this.#spare.pop() ?? new BsonWriter(BATCH_BYTES + BATCH_BYTES / 4);
    writer.offset = 0;
    return writer;
  }
}
