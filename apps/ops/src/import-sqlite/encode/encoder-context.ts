import type { FieldPlan } from '../plan/import-plan.ts';
import type { NoteCode } from '../report/notes.ts';
import type { SqliteSource, SqlRow } from '../source/sqlite-source.ts';
import type { BsonWriter } from './bson-writer.ts';

/** Takes what is to be told about a row. */
export type NoteTaker = (code: NoteCode, text: string, row: bigint | number) => void;
/** Counts embedded rows by the name of their table and of the field. */
export type EmbedCounter = Map<string, number>;

export interface EncoderContext {
  source: SqliteSource;
  note: NoteTaker;
  embedded: EmbedCounter;
}

/** What writes the rows of an embedded table. */
export interface ChildEncoder {
  encodeFields(writer: BsonWriter, row: SqlRow, position: number, withKey: boolean): void;
  encodeValue(writer: BsonWriter, name: Uint8Array, field: FieldPlan, row: SqlRow, position: number): void;
}

/** The rowid where there is one. */
export function rowNumberOf(row: SqlRow, position: number): bigint | number {
  return typeof row[0] === 'bigint' ? row[0] : position;
}

/** Under which embedded rows are counted. */
export function embedKey(table: string, as: string): string {
  return JSON.stringify([table, as]);
}
