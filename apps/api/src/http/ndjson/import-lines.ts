import type { Readable } from 'node:stream';
import { isDeeper, MAX_JSON_DEPTH } from '../json-depth.ts';
import { toDto, type DtoClass } from '../input/dto.ts';
import { toProblemKind } from '../problem-kinds.ts';
import type { ProblemKind } from '../problem.ts';
import { toDocument } from '../resource/merge-patch.ts';
import { readLines, type Line } from './read-lines.ts';
import { IMPORTS } from './stream-places.ts';

/** Longest line, in bytes. */
export const MAX_LINE_BYTES = 262_144;
/** How long the client may send nothing, and how long a batch waits for more lines. */
const LIMITS = { maxLineBytes: MAX_LINE_BYTES, timeoutMs: 30_000, pauseMs: 1_000 };
/** Lines that are written together, and how much text they may hold. */
const BATCH = { lines: 1_000, characters: 4_194_304 };
/** Batches that the database writes while the next one is read. */
const BATCHES_IN_FLIGHT = 2;
/** Errors that are told; the count goes on. */
const MAX_ERRORS = 1_000;

/** What became of the lines of an import. */
export interface ImportReport {
  inserted: number;
  /** Lines that were refused; blank ones are none. */
  failed: number;
  /** Why, in the order of the lines; the first 1,000. */
  errors: LineError[];
}

export interface LineError {
  /** From 1, as an editor counts. */
  line: number;
  code: string;
  detail: string;
}

/** The part of `insertMany` of a repository that is used here. The documents can be gone through once. */
export type InsertMany<T> = (documents: Iterable<Partial<T>>) => Promise<{
  inserted: number;
  errors: readonly { index: number; error: Error }[];
}>;

const FAULTS = {
  LINE_TOO_LONG: `The line is longer than ${MAX_LINE_BYTES} bytes`,
  LINE_NOT_TEXT: 'The line is not UTF-8 text',
  LINE_NOT_JSON: 'The line is not JSON',
};

/**
 * Reads lines of JSON, checks each by the rules of its class and writes them in batches, at the pace of the database. At most three batches
 * are in memory, as text: a line becomes an object when it is asked for, and nobody keeps that.
 *
 * @param insert - Writes what it can of the documents, in any order
 * @throws {ProblemException} `TOO_MANY_IMPORTS`, before anything is read, and `REQUEST_TIMEOUT`, also
 *   when the client is slow and its place is needed
 * @throws {DatabaseError} When the database goes away; what was written before stays
 */
export async function importLines<T>(
  source: Readable,
  type: DtoClass<object>,
  insert: InsertMany<T>,
): Promise<ImportReport> {
  const place = IMPORTS.take();
  try {
    const run = new ImportRun(type, insert);
    for await (const lines of readLines(source, { ...LIMITS, place })) {
      for (const line of lines) {
        run.add(line);
        if (run.isBatchFull) await run.flush();
      }
      // The client pauses.
      if (lines.length === 0) await run.flush();
    }
    return await run.finish();
  } finally {
    place.release();
  }
}

class ImportRun<T> {
  readonly #type: DtoClass<object>;
  readonly #insert: InsertMany<T>;
  readonly #report: ImportReport = { inserted: 0, failed: 0, errors: [] };
  #lines: Line[] = [];
  #characters = 0;
  /** The oldest first. */
  readonly #writing: Promise<void>[] = [];

  constructor(type: DtoClass<object>, insert: InsertMany<T>) {
    this.#type = type;
    this.#insert = insert;
  }

  get isBatchFull(): boolean {
    return this.#lines.length >= BATCH.lines || this.#characters >= BATCH.characters;
  }

  add(line: Line): void {
    this.#lines.push(line);
    this.#characters += line.text.length;
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    if (this.#writing.length === BATCHES_IN_FLIGHT) await this.#writing.shift();
    const writing = this.#write(this.#lines);
    // Told by a later flush, or at the end.
    writing.catch(() => undefined);
    this.#writing.push(writing);
    [this.#lines, this.#characters] = [[], 0];
  }

  async finish(): Promise<ImportReport> {
    await this.flush();
    await Promise.all(this.#writing);
    const { errors } = this.#report;
    const first = errors.sort((a, b) => a.line - b.line).slice(0, MAX_ERRORS);
    return { ...this.#report, errors: first };
  }

  async #write(lines: Line[]): Promise<void> {
    const numbers: number[] = [];
    const { inserted, errors } = await this.#insert(this.#read(lines, numbers));
    this.#report.inserted += inserted;
    for (const { index, error } of errors) this.#fail(numbers[index] ?? 0, describe(toProblemKind(error)));
  }

  /** @param numbers - Gets the number of each line that is given out */
  *#read(lines: Line[], numbers: number[]): Generator<Partial<T>, void, undefined> {
    for (const { number, text, fault } of lines) {
      const value = fault ? undefined : parse(text);
      if (value === undefined) {
        const code = fault ?? 'LINE_NOT_JSON';
        this.#fail(number, { code, detail: FAULTS[code] });
        continue;
      }
      let document: Partial<T>;
      try {
        document = toDocument<T>(toDto(this.#type, value));
      } catch (error) {
        this.#fail(number, describe(toProblemKind(error)));
        continue;
      }
      numbers.push(number);
      yield document;
    }
  }

  #fail(line: number, { code, detail }: Pick<LineError, 'code' | 'detail'>): void {
    const { errors } = this.#report;
    this.#report.failed += 1;
    // A batch is told later than the lines behind it that cannot be read, so that room for it has to be left.
    if (errors.length < MAX_ERRORS + (1 + BATCHES_IN_FLIGHT) * BATCH.lines)
      errors.push({ line, code, detail });
  }
}

/** @returns `undefined` for what is no JSON, or is nested too deeply */
function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isDeeper(value, MAX_JSON_DEPTH) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** In one sentence, since a line has no list of fields. */
function describe({ code, detail, errors = [] }: ProblemKind): Pick<LineError, 'code' | 'detail'> {
  if (code === 'DUPLICATE_KEY' || errors.length === 0) return { code, detail };
  const fields = errors.map(({ path, message }) => (path === '' ? message : `${path} ${message}`));
  return { code, detail: `${detail}: ${fields.join('; ')}` };
}
