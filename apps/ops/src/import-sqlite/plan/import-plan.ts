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
  /** Table of the document. */
  parent: string;
  /** Expressions that tell one row of it from the others: the rowid, which has no field, or its key, or what the child's columns name. */
  identity: { sql: string; field: FieldPlan | undefined }[];
  /** Condition on both tables, under their names. */
  belongs: string;
  /** The same in a form that can use an index of the child, where `identity` is that of one row alone. */
  belongsByIndex: string | undefined;
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

/** Rows of a table that is embedded, as SQLite counts them. */
export interface EmbeddedPlan {
  table: string;
  total: number;
  /** Rows in documents, by the field; one that is in several documents counts in each. */
  fields: Record<string, number>;
  /** Rows that no document takes in, and that the mapping drops. */
  dropped: number;
}

export interface ImportPlan {
  loads: LoadPlan[];
  /** Tables whose rows are in documents of others. */
  embedded: EmbeddedPlan[];
  /** About what is not imported. */
  notes: Note[];
  /** Tables that hold data and cannot be read. */
  unreadable: string[];
}
