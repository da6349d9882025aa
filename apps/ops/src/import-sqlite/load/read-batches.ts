import { ContentHash } from '../../raw/content-hash.ts';
import { BsonWriter } from '../encode/bson-writer.ts';
import { DocumentTooLargeError } from '../encode/document-too-large.error.ts';
import { rowNumberOf } from '../encode/encoder-context.ts';
import { RowEncoder } from '../encode/row-encoder.ts';
import type { LoadPlan } from '../plan/import-plan.ts';
import { RowNotes } from '../report/notes.ts';
import { largestRowBytes } from '../source/sqlite-schema.ts';
import { nameSqliteError, type SqliteSource, type SqlRow } from '../source/sqlite-source.ts';
import type { LoadState, Position, RowFailure } from './progress-store.ts';
import type { NumberedDocuments } from './settle-batch.ts';

/** Documents that go to the server together. */
export interface Batch extends NumberedDocuments {
  /** What is known once all of them are stored. */
  after: LoadState;
  /** Takes its memory back; the batch must not be used after it. */
  release: () => void;
}

const BATCH_BYTES = 1_048_576;
const BATCH_DOCUMENTS = 5_000;
/** Of rows that are read at once: their bytes at most, and their number. More are no faster. */
const PAGE_BYTES = 262_144;
const LEAST_PAGE = 8;
const MOST_PAGE = 512;
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
    let rowNumbers: number[] = [];
    const position = this.#position;
    try {
      for (const page of this.#pages()) {
        for (const row of page) {
          position.rows += 1;
          if (typeof row[0] === 'bigint') position.rowid = row[0];
          const start = writer.offset;
          const embedded = this.#plan.rows.embeds.length === 0 ? [] : [...this.#embedded];
          try {
            encoder.encode(writer, row, position.rows);
            rowNumbers.push(Number(rowNumberOf(row, position.rows)));
          } catch (error) {
            if (!(error instanceof DocumentTooLargeError)) throw error;
            this.#fail(rowNumberOf(row, position.rows), error.message);
            writer.offset = start;
            this.#embedded.clear();
            for (const [key, count] of embedded) this.#embedded.set(key, count);
          }
          if (writer.offset < BATCH_BYTES && rowNumbers.length < BATCH_DOCUMENTS) continue;
          yield this.#seal(writer, rowNumbers);
          writer = this.#takeWriter();
          rowNumbers = [];
        }
      }
    } catch (error) {
      throw nameSqliteError(this.#source.name, error);
    }
    if (rowNumbers.length > 0) yield this.#seal(writer, rowNumbers);
  }

  /** What is known when every batch is stored. */
  get state(): LoadState {
    return {
      position: { ...this.#position },
      hash: this.#hash.digest,
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

  /** Rows from where the last run has ended; those that may be large one by one. */
  *#pages(): Generator<SqlRow[]> {
    const { rows, from, where } = this.#plan;
    const { rows: done, rowid } = this.#position;
    const select = `SELECT ${rows.select} ${from} ${where}`;
    if (rows.rowid === undefined) {
      // The rows that are done are passed over: the file is the same, and so is their order.
      yield* singly(this.#source.rows(select), done);
      return;
    }
    const after = `${where === '' ? 'WHERE' : ' AND'} ${rows.rowid} > ?`;
    const sqlFor = (isSeek: boolean): string => `${select}${isSeek ? after : ''} ORDER BY ${rows.rowid}`;
    const largest = largestRowBytes(this.#source, rows.table) ?? PAGE_BYTES;
    const size = Math.floor(PAGE_BYTES / Math.max(1, largest));
    if (size >= LEAST_PAGE) yield* this.#source.pages(sqlFor, rowid, Math.min(MOST_PAGE, size));
    else if (rowid === undefined) yield* singly(this.#source.rows(sqlFor(false)), 0);
    else yield* singly(this.#source.rows(sqlFor(true), rowid), 0);
  }

  #seal(writer: BsonWriter, rowNumbers: number[]): Batch {
    const bytes = writer.bytes.subarray(0, writer.offset);
    const count = rowNumbers.length;
    this.#hash.add(bytes, count);
    const release = (): void => {
      // What has grown for a large document goes.
      if (writer.bytes.length <= BATCH_BYTES * 2) this.#spare.push(writer);
    };
    return { bytes, count, rowNumbers, after: this.state, release };
  }

  #takeWriter(): BsonWriter {
    const writer = this.#spare.pop() ?? new BsonWriter(BATCH_BYTES + BATCH_BYTES / 4);
    writer.offset = 0;
    return writer;
  }
}

/** Each row as a page of its own, without the first ones. */
function* singly(rows: Iterator<SqlRow>, skip: number): Generator<SqlRow[]> {
  try {
    for (let place = 0; place < skip; place += 1) rows.next();
    for (let next = rows.next(); !next.done; next = rows.next()) yield [next.value];
  } finally {
    rows.return?.();
  }
}
