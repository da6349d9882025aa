import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { ImportError } from '../import-sqlite.error.ts';
import type { TextEncoding } from './decode-text.ts';

/** What SQLite gives for a value: INTEGER as bigint, REAL as number, TEXT, BLOB, NULL. */
export type SqlValue = bigint | number | string | Uint8Array | null;
/** The values of a row in the order of the columns that were asked for. */
export type SqlRow = SqlValue[];

/** How long to wait for another process that has the file locked. */
const BUSY_TIMEOUT_MS = 5_000;
/** How often to begin before giving up, when others write at each of them. */
const BEGIN_ATTEMPTS = 100;

/**
 * A SQLite file, opened for reading only and at one state: what others write meanwhile is not seen. A program that writes in another
 * journal mode than WAL waits for the end.
 */
export class SqliteSource {
  /** Name of the file, without its folder. */
  readonly name: string;
  /** Changes with the content of the file, as far as its size and time of change tell. */
  readonly fingerprint: string;
  readonly encoding: TextEncoding;
  readonly #database: DatabaseSync;
  #temporaryTables = 0;

  private constructor(path: string, database: DatabaseSync, fingerprint: string) {
    this.name = basename(path);
    this.#database = database;
    this.fingerprint = fingerprint;
    this.encoding = this.#database.prepare('PRAGMA encoding').get()?.encoding as TextEncoding;
  }

  /** @throws {@link ImportError} `SOURCE_UNREADABLE` */
  static open(path: string): SqliteSource {
    const name = basename(path);
    const database = unreadableIfThrown(
      name,
      () => new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS }),
    );
    try {
      return unreadableIfThrown(name, () => new SqliteSource(path, database, holdState(path, database)));
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /**
   * Rows as objects with numbers, for what is asked about the schema.
   *
   * @throws {@link ImportError} `SOURCE_UNREADABLE`
   */
  all(sql: string, ...parameters: SQLInputValue[]): Record<string, SQLOutputValue>[] {
    return unreadableIfThrown(this.name, () => this.#database.prepare(sql).all(...parameters));
  }

  /**
   * A statement that gives arrays, with every integer as a bigint, so that none is rounded and a REAL 1.0 is told from an INTEGER 1.
   *
   * @see https://nodejs.org/docs/latest-v24.x/api/sqlite.html
   */
  prepare(sql: string): StatementSync {
    const statement = this.#database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return statement;
  }

  /** One row after the other; what SQLite throws is for {@link nameSqliteError}. */
  rows(sql: string, ...parameters: SQLInputValue[]): Iterator<SqlRow> {
    const statement = unreadableIfThrown(this.name, () => this.prepare(sql));
    return statement.iterate(...parameters) as unknown as Iterator<SqlRow>;
  }

  /**
   * Rows in pages, each of which begins behind the last rowid of the one before. They cost two thirds of what they cost one by one; what
   * SQLite throws is for {@link nameSqliteError}.
   *
   * @param sqlFor - In the order of the rowid, which is the first column; with a parameter for the one behind which it begins, or from the start
   * @param after - The last rowid that is not wanted
   * @param size - Rows of a page
   */
  *pages(
    sqlFor: (isSeek: boolean) => string,
    after: bigint | undefined,
    size: number,
  ): Generator<SqlRow[], undefined> {
    const page = (isSeek: boolean): StatementSync => this.prepare(`${sqlFor(isSeek)} LIMIT ${size}`);
    const seek = page(true);
    let rows = (after === undefined ? page(false).all() : seek.all(after)) as unknown as SqlRow[];
    while (rows.length > 0) {
      yield rows;
      rows = rows.length < size ? [] : (seek.all(rows.at(-1)?.[0] ?? null) as unknown as SqlRow[]);
    }
  }

  /** For tables of its own in SQLite's temporary database, which is another file and goes away with the connection. */
  exec(sql: string): void {
    unreadableIfThrown(this.name, () => this.#database.exec(sql));
  }

  /** A name for one of these, which no table of the file has: it would be read in its place. */
  temporaryName(): string {
    this.#temporaryTables += 1;
    const name = `import_${this.#temporaryTables}`;
    const isTaken = this.all('SELECT 1 FROM sqlite_schema WHERE name = ? COLLATE NOCASE', name).length > 0;
    return isTaken ? this.temporaryName() : name;
  }

  close(): void {
    this.#database.close();
  }
}

/** A name as SQL takes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Runs `read`, and names what SQLite has against it.
 *
 * @throws {@link ImportError} `SOURCE_UNREADABLE`
 */
export function unreadableIfThrown<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw nameSqliteError(file, error);
  }
}

/** What SQLite has against a file, as an {@link ImportError}; other errors stay what they are. */
export function nameSqliteError(file: string, error: unknown): unknown {
  if (!isSqliteError(error)) return error;
  return new ImportError('SOURCE_UNREADABLE', `SQLite cannot read ${file}: ${error.message}`, {
    cause: error,
    nextStep: nextStepFor(error.message),
  });
}

function isSqliteError(error: unknown): error is Error & { code: string } {
  return Error.isError(error) && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}

function nextStepFor(message: string): string {
  if (/unable to open/.test(message)) {
    return 'check the path and the permissions; the folder of a file in WAL mode has to be writable as well';
  }
  if (/readonly/.test(message))
    return 'a program has left it in the middle of a change: open it once with the sqlite3 shell';
  if (/locked/.test(message)) return 'wait until the program that writes to it has finished, or stop it';
  return 'check the file with "PRAGMA integrity_check" in the sqlite3 shell';
}

/**
 * Begins to read, and says of which state: what others have written in between would be in the fingerprint and not in what is read.
 *
 * @returns The fingerprint
 */
function holdState(path: string, database: DatabaseSync): string {
  for (let attempt = 0; attempt < BEGIN_ATTEMPTS; attempt += 1) {
    const before = fingerprintOf(path);
    // Reading anything holds the state until the transaction ends.
    database.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
    if (fingerprintOf(path) === before) return before;
    database.exec('ROLLBACK');
  }
  throw new ImportError('SOURCE_UNREADABLE', `${basename(path)} is written to without a pause`, {
    nextStep: 'stop the program that writes to it, or import a copy',
  });
}

/** An empty WAL is made by opening the file, and means nothing. */
function fingerprintOf(path: string): string {
  return [path, `${path}-wal`]
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .filter((stats) => stats !== undefined && stats.size > 0)
    .map((stats) => `${stats?.size}:${stats?.mtimeMs}`)
    .join('+');
}
