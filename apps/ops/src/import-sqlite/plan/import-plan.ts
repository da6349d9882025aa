import type { mongo } from 'mongoose';
import type { Convert } from '../encode/convert.ts';
import type { Note } from '../report/notes.ts';

/** A column of a SELECT and the field that it becomes. */
export interface FieldPlan {
  column: string;
  field: string;
  /** Place in the row. */
  place: number;
  /** Without it, values keep the type that they have in SQLite. */
  convert: Convert | undefined;
  /** Whether the field is written; the column of a single key is in `_id` alone. */
  isWritten: boolean;
}

/** What the `_id` of a document is made of. */
export type IdPlan =
  | { from: 'column'; field: FieldPlan }
  | { from: 'columns'; fields: FieldPlan[] }
  | { from: 'position' }
  | { from: 'rowid' };

/** How the rows of a table become documents. A row is the rowid (or NULL), then the columns, then the bytes of its texts where {@link RowPlan.hasBytes}. */
export interface RowPlan {
  table: string;
  /** What to select, without FROM. */
  select: string;
  /** An expression, where the table has a rowid. */
  rowid: string | undefined;
  /** Whether the bytes of its texts are read at once, and not only when they are asked for. */
  hasBytes: boolean;
  fields: FieldPlan[];
  id: IdPlan;
  omitNulls: boolean;
  embeds: EmbedPlan[];
  references: ReferencePlan[];
}

/** Rows of another table that a document takes in. */
export interface EmbedPlan {
  as: string;
  child: RowPlan;
  /** Pairs of a column there and its counterpart here. */
  by: [child: string, parent: FieldPlan][];
  orderBy: string[];
  isSingle: boolean;
  /** The only column that is taken. */
  value: FieldPlan | undefined;
}

/** A field that holds the `_id` of another document. */
export interface ReferencePlan {
  field: string;
  target: RowPlan;
  /** Pairs of a column there and its counterpart here. */
  by: [target: string, own: FieldPlan][];
}

export interface IndexPlan {
  /** As in SQLite, or that which the driver would give. */
  name: string;
  keys: [path: string, direction: -1 | 1][];
  options: Pick<mongo.CreateIndexesOptions, 'collation' | 'partialFilterExpression' | 'unique'>;
}

/** One collection to be filled. */
export interface LoadPlan {
  collection: string;
  rows: RowPlan;
  /** `FROM …` */
  from: string;
  /** `WHERE …` for a part of the rows, or nothing. */
  where: string;
  /** Which part of the rows, for people. */
  part: 'all' | 'orphans';
  total: number;
  indexes: IndexPlan[];
  notes: Note[];
  /** Changes with anything that makes other documents. */
  digest: string;
}

export interface ImportPlan {
  loads: LoadPlan[];
  /** Tables whose rows are in documents of others, with the number of their rows. */
  embedded: { table: string; total: number; isKept: boolean }[];
  /** About what is not imported. */
  notes: Note[];
  /** Tables that hold data and cannot be read. */
  unreadable: string[];
}
