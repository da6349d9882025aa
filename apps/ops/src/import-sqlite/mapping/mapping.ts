/** BSON type that the values of a column become. */
export const COLUMN_TYPES = [
  'int',
  'long',
  'double',
  'decimal',
  'string',
  'bool',
  'date',
  'binary',
  'uuid',
  'objectId',
  'json',
] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** What a date was written as; `auto` goes by the storage class, as SQLite's own date functions do. */
export const DATE_FORMATS = ['auto', 'iso', 'unix', 'unixMs', 'julian'] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

/** What the mapping file says. Everything it does not mention is mapped by default. */
export interface Mapping {
  dates?: boolean;
  booleans?: boolean;
  tables?: Record<string, TableMapping>;
}

export interface TableMapping {
  skip?: boolean;
  collection?: string;
  key?: string[];
  omitNulls?: boolean;
  columns?: Record<string, ColumnMapping | string>;
  embedInto?: EmbedMapping | EmbedMapping[];
  references?: Record<string, ReferenceMapping>;
}

export interface ColumnMapping {
  name?: string;
  skip?: boolean;
  type?: ColumnType;
  format?: DateFormat;
  truncate?: boolean;
}

export interface EmbedMapping {
  table: string;
  as: string;
  by?: Record<string, string>;
  single?: boolean;
  value?: string;
  orderBy?: string[];
  orphans?: 'drop' | 'keep';
}

export interface ReferenceMapping {
  table: string;
  by?: Record<string, string>;
}
