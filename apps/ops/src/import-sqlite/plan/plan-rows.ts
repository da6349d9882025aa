import { converterFor, type Convert } from '../encode/convert.ts';
import type { ColumnMapping, TableMapping } from '../mapping/mapping.ts';
import { quoted } from '../source/sqlite-source.ts';
import type { SqliteColumn, SqliteTable } from '../source/sqlite-schema.ts';
import type { FieldPlan, IdPlan, RowPlan } from './import-plan.ts';
import { fieldNames, fieldProblem } from './names.ts';

/** What holds for every table. */
export interface TypeDefaults {
  /** Columns declared as dates become dates. */
  dates: boolean;
  /** Columns declared BOOLEAN become true and false. */
  booleans: boolean;
}

/** How to plan one table. */
export interface RowsRequest {
  table: SqliteTable;
  mapping: TableMapping;
  defaults: TypeDefaults;
  /** Columns that are in the parent, for rows that are embedded; `undefined` for documents of their own. */
  embeddedBy?: readonly string[];
  /** Takes what is wrong with the mapping. */
  mistake: (text: string) => void;
}

/** Plans how rows of a table become documents, without what is embedded into them. */
export function planRows(request: RowsRequest): RowPlan {
  const { table, mapping, embeddedBy } = request;
  // With the name of the table, since parents are asked for in the same query.
  const inTable = (name: string): string => `${quoted(table.name)}.${name}`;
  const rowidName =
    table.rowidName ?? (table.rowidColumn === undefined ? undefined : quoted(table.rowidColumn));
  const rowid = rowidName === undefined ? undefined : inTable(rowidName);
  const key = embeddedBy ? [] : keyOf(request);
  const fields = planFields(request, key);
  const columns = table.columns.map(({ name }) => inTable(quoted(name)));
  // A row without a number cannot be asked for again, and what SQLite makes of UTF-16 does not tell whether it was valid.
  const hasBytes = rowid === undefined || !table.isUtf8;
  const bytes = hasBytes
    ? columns.map((name) => `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) END`)
    : [];
  return {
    table: table.name,
    select: [rowid ?? 'NULL', ...columns, ...bytes].join(', '),
    rowid,
    hasBytes,
    fields,
    id: planId(table, fields, key),
    omitNulls: mapping.omitNulls ?? false,
    embeds: [],
    references: [],
  };
}

/** More about a column than its new name. */
export function columnMapping(mapping: TableMapping, column: string): ColumnMapping {
  const own = Object.hasOwn(mapping.columns ?? {}, column) ? mapping.columns?.[column] : undefined;
  return typeof own === 'string' ? { name: own } : (own ?? {});
}

function keyOf({ table, mapping, mistake }: RowsRequest): readonly string[] {
  for (const name of mapping.key ?? []) {
    if (!table.columns.some((column) => column.name === name))
      mistake(`${table.name} has no column "${name}"`);
  }
  return mapping.key ?? table.key;
}

function planFields(request: RowsRequest, key: readonly string[]): FieldPlan[] {
  const { table, mapping, defaults, embeddedBy, mistake } = request;
  for (const name of Object.keys(mapping.columns ?? {})) {
    if (!table.columns.some((column) => column.name === name))
      mistake(`${table.name} has no column "${name}"`);
  }
  const names = namesOf(request, key);
  return table.columns.map((column, place) => {
    const { skip = false } = columnMapping(mapping, column.name);
    const isKey = key.length === 1 && key[0] === column.name;
    return {
      column: column.name,
      field: names.get(column.name) ?? column.name,
      place: place + 1,
      convert: convertOf(column, columnMapping(mapping, column.name), defaults, mistake),
      isWritten: !skip && !isKey && !embeddedBy?.includes(column.name),
    };
  });
}

/** What the mapping names has its name; the others get theirs around it. */
function namesOf(
  { table, mapping, embeddedBy, mistake }: RowsRequest,
  key: readonly string[],
): Map<string, string> {
  const chosen = new Map<string, string>();
  for (const { name } of table.columns) {
    const wanted = columnMapping(mapping, name).name;
    if (wanted === undefined) continue;
    const problem =
      fieldProblem(wanted) ??
      ([...chosen.values()].includes(wanted) ? `"${wanted}" is given twice` : undefined);
    if (problem !== undefined) mistake(`${table.name}.${name}: ${problem}`);
    chosen.set(name, wanted);
  }
  const others = table.columns.map(({ name }) => name).filter((name) => !chosen.has(name));
  // The field is free where the column has become the `_id`, or in an embedded document.
  const isFree = embeddedBy !== undefined || (key.length === 1 && key[0] === '_id');
  const given = fieldNames(
    others.filter((name) => !(isFree && name === '_id')),
    [...chosen.values(), ...extraFields(mapping)],
  );
  return new Map([...(isFree ? [['_id', '_id'] as const] : []), ...given, ...chosen]);
}

function extraFields(mapping: TableMapping): string[] {
  return Object.keys(mapping.references ?? {});
}

function convertOf(
  { declaredType }: SqliteColumn,
  { type, format, truncate }: ColumnMapping,
  { dates, booleans }: TypeDefaults,
  mistake: (text: string) => void,
): Convert | undefined {
  const isDate = type === 'date' || (type === undefined && dates && /^(DATE|TIMESTAMP)/i.test(declaredType));
  if ((format !== undefined || truncate !== undefined) && !isDate) {
    mistake('"format" and "truncate" belong to the type "date"');
  }
  if (isDate) return converterFor('date', { ...(format && { format }), ...(truncate && { truncate }) });
  if (type !== undefined) return converterFor(type);
  return booleans && /^BOOL/i.test(declaredType) ? converterFor('bool') : undefined;
}

function planId(table: SqliteTable, fields: readonly FieldPlan[], key: readonly string[]): IdPlan {
  const keyFields = key.flatMap((name) => fields.find(({ column }) => column === name) ?? []);
  const [first, ...others] = keyFields;
  if (first === undefined) return { from: table.rowidName === undefined ? 'position' : 'rowid' };
  return others.length === 0 ? { from: 'column', field: first } : { from: 'columns', fields: keyFields };
}
