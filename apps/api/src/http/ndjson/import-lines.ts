import type { Readable } from 'node:stream';
import { isDeeper, MAX_JSON_DEPTH } from '../json-depth.ts';
import { toDto, type DtoClass } from '../input/dto.ts';
import { toProblemKind } from '../problem-kinds.ts';
import type { ProblemKind } from '../problem.ts';
import { readLines, type Line } from './read-lines.ts';

/** Longest line, in bytes. */
export const MAX_LINE_BYTES = 262_144;
/** How long the client may send nothing, in milliseconds. */
const TIMEOUT_MS = 30_000;
/** Lines that are written together, and how much text they may hold. */
const BATCH = { lines: 1_000, characters: 4_194_304 };
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

/** The part of `insertMany` of a repository that is used here. */
export type InsertMany<D> = (inputs: D[]) => Promise<{
  inserted: number;
  errors: readonly { index: number; error: Error }[];
}>;

const FAULTS = {
  LINE_TOO_LONG: `The line is longer than ${MAX_LINE_BYTES} bytes`,
  LINE_NOT_TEXT: 'The line is not UTF-8 text',
  LINE_NOT_JSON: 'The line is not JSON',
};

/**
 * Reads lines of JSON, checks each by the rules of its class and writes them in batches, at the pace of the database. At most two batches
 * are in memory.
 *
 * @param insert - Writes what it can of a list, in any order
 * @throws {DatabaseError} When the database goes away; what was written before stays
 */
export async function importLines<D extends object>(
  source: Readable,
  type: DtoClass<D>,
  insert: InsertMany<D>,
): Promise<ImportReport> {
  const run = new ImportRun(type, insert);
  for await (const lines of readLines(source, { maxLineBytes: MAX_LINE_BYTES, timeoutMs: TIMEOUT_MS })) {
    for (const line of lines) {
      run.add(line);
      if (run.isBatchFull) await run.flush();
    }
  }
  await run.flush();
  return run.finish();
}

class ImportRun<D extends object> {
  readonly #type: DtoClass<D>;
  readonly #insert: InsertMany<D>;
  readonly #report: ImportReport = { inserted: 0, failed: 0, errors: [] };
  #inputs: D[] = [];
  #numbers: number[] = [];
  #characters = 0;
  /** The batch before, which the database writes while the next one is read. */
  #writing: Promise<void> = Promise.resolve();

  constructor(type: DtoClass<D>, insert: InsertMany<D>) {
    this.#type = type;
    this.#insert = insert;
  }

  get isBatchFull(): boolean {
    return this.#inputs.length >= BATCH.lines || this.#characters >= BATCH.characters;
  }

  add({ number, text, fault }: Line): void {
    if (fault) return this.#fail(number, { code: fault, detail: FAULTS[fault] });
    const value = parse(text);
    if (value === undefined)
      return this.#fail(number, { code: 'LINE_NOT_JSON', detail: FAULTS.LINE_NOT_JSON });
    try {
      this.#inputs.push(toDto(this.#type, value));
      this.#numbers.push(number);
      this.#characters += text.length;
    } catch (error) {
      this.#fail(number, describe(toProblemKind(error)));
    }
  }

  async flush(): Promise<void> {
    await this.#writing;
    const [inputs, numbers] = [this.#inputs, this.#numbers];
    if (inputs.length === 0) return;
    [this.#inputs, this.#numbers, this.#characters] = [[], [], 0];
    this.#writing = this.#write(inputs, numbers);
    // Told by the next flush, which may be some time from now.
    this.#writing.catch(() => undefined);
  }

  async finish(): Promise<ImportReport> {
    await this.#writing;
    const { errors } = this.#report;
    const first = errors.sort((a, b) => a.line - b.line).slice(0, MAX_ERRORS);
    return { ...this.#report, errors: first };
  }

  async #write(inputs: D[], numbers: number[]): Promise<void> {
    const { inserted, errors } = await this.#insert(inputs);
    this.#report.inserted += inserted;
    for (const { index, error } of errors) this.#fail(numbers[index] ?? 0, describe(toProblemKind(error)));
  }

  #fail(line: number, { code, detail }: Pick<LineError, 'code' | 'detail'>): void {
    const { errors } = this.#report;
    this.#report.failed += 1;
    // A batch is told later than the lines behind it that cannot be read, so that room for it has to be left.
    if (errors.length < MAX_ERRORS + 2 * BATCH.lines) errors.push({ line, code, detail });
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
