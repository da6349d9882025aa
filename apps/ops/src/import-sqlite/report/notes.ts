/** Something that a person should know: what is different in MongoDB, or was left out. */
export interface Note {
  /** Stable, in capitals. */
  code: NoteCode;
  /** One sentence without a period. */
  text: string;
  /** Rows concerned, for what was met in rows. */
  count?: number;
  /** The first of these rows, by rowid, or by their place where there is none. */
  rows?: number[];
}

export type NoteCode =
  | 'COLLECTION_RENAMED'
  | 'DANGLING_REFERENCE'
  | 'EMBEDDED'
  | 'FIELD_RENAMED'
  | 'INDEX_CHANGED'
  | 'INDEX_SKIPPED'
  | 'NOT_CONVERTED'
  | 'NO_PRIMARY_KEY'
  | 'NULL_KEY'
  | 'ORPHANS'
  | 'SKIPPED'
  | 'TEXT_NOT_UTF8';

const EXAMPLES = 3;

/** Notes about rows, counted while they are read. */
export class RowNotes {
  readonly #notes: Map<string, Note>;

  constructor(notes: readonly Note[] = []) {
    this.#notes = new Map(notes.map((note) => [`${note.code} ${note.text}`, structuredClone(note)]));
  }

  add(code: NoteCode, text: string, row: bigint | number): void {
    const key = `${code} ${text}`;
    const note = this.#notes.get(key) ?? { code, text, count: 0, rows: [] };
    this.#notes.set(key, note);
    note.count = (note.count ?? 0) + 1;
    if (note.rows && note.rows.length < EXAMPLES) note.rows.push(Number(row));
  }

  /** A copy of what was noted so far. */
  list(): Note[] {
    return structuredClone([...this.#notes.values()]);
  }
}
