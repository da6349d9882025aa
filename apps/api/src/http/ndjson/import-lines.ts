import type { Readable } from 'node:stream';
import { isTurnDue, turn } from '../event-loop-turn.ts';
import { toDto, type DtoClass } from '../input/dto.ts';
import { excessOf, tooManyValues } from '../json-limits.ts';
import { toProblemKind } from '../problem-kinds.ts';
import { toDocument } from '../resource/merge-patch.ts';
import { describe, LineErrors, type LineError } from './line-errors.ts';
import { readLines, type Line } from './read-lines.ts';
import { IMPORTS } from './stream-places.ts';

/** Longest line, in bytes. */
export const MAX_LINE_BYTES = 262_144;
/** How long the client may send nothing, and how long a batch waits for more lines. */
const LIMITS = { maxLineBytes: MAX_LINE_BYTES, timeoutMs: 30_000, pauseMs: 1_000 };
/** Lines that are written together, and how much text they may hold. */
const BATCH = { lines: 1_000, characters: 1_048_576 };
/** Batches that the database writes while the next one is read. */
const BATCHES_IN_FLIGHT = 2;

/** What became of the lines of an import. */
export interface ImportReport {
  inserted: number;
  /** Lines that were refused; blank ones are none. */
  failed: number;
  /** Why, in the order of the lines; the first 1,000. */
  errors: LineError[];
}

/** The part of `insertMany` of a repository that is used here. The documents can be gone through once. */
export type InsertMany<T> = (documents: AsyncIterable<Partial<T>>) => Promise<{
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
 * are in memory, as text: a line becomes an object when it is asked for, and nobody keeps that. The event
 * loop has its turn between lines.
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
  const run = new ImportRun(type, insert);
  try {
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
    await run.end();
    place.release();
  }
}

class ImportRun<T> {
  readonly #type: DtoClass<object>;
  readonly #insert: InsertMany<T>;
  #inserted = 0;
  readonly #errors = new LineErrors();
  #lines: Line[] = [];
  #characters = 0;
  /** The oldest first. */
  readonly #writing: Promise<void>[] = [];
  #isOver = false;

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
    return { inserted: this.#inserted, failed: this.#errors.count, errors: this.#errors.first };
  }

  /** Resolves when nothing is written any more; nothing else is read of the batches. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#writing);
  }

  async #write(lines: Line[]): Promise<void> {
    const numbers: number[] = [];
    const { inserted, errors } = await this.#insert(this.#read(lines, numbers));
    this.#inserted += inserted;
    for (const { index, error } of errors)
      this.#errors.add(numbers[index] ?? 0, describe(toProblemKind(error)));
  }

  /** @param numbers - Gets the number of each line that is given out */
  async *#read(lines: Line[], numbers: number[]): AsyncGenerator<Partial<T>, void, undefined> {
    for (const line of lines) {
      if (isTurnDue()) await turn();
      if (this.#isOver) return;
      const document = this.#toDocument(line);
      if (document === undefined) continue;
      numbers.push(line.number);
      yield document;
    }
  }

  /** @returns `undefined` for a line that is refused */
  #toDocument({ number, text, fault }: Line): Partial<T> | undefined {
    try {
      const value = fault ? undefined : parse(text);
      if (value !== undefined) return toDocument<T>(toDto(this.#type, value));
      const code = fault ?? 'LINE_NOT_JSON';
      this.#errors.add(number, { code, detail: FAULTS[code] });
    } catch (error) {
      this.#errors.add(number, describe(toProblemKind(error)));
    }
    return undefined;
  }
}

/**
 * @returns `undefined` for what is no JSON, or is nested too deeply
 * @throws {@link ProblemException} `INPUT_INVALID` for too many values
 */
function parse(text: string): unknown {
  const excess = excessOf(text);
  if (excess === 'values') throw tooManyValues();
  try {
    return excess === undefined ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
