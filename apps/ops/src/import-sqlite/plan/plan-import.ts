import { createHash } from 'node:crypto';
import { invalid } from '../mapping/read-mapping.ts';
import type { Mapping, TableMapping } from '../mapping/mapping.ts';
import type { Note } from '../report/notes.ts';
import { quoted, type SqliteSource } from '../source/sqlite-source.ts';
import { contentTables } from '../source/content-tables.ts';
import { countRows, readSchema, type SqliteTable, type TableKind } from '../source/sqlite-schema.ts';
import type { ImportPlan, LoadPlan, RowPlan } from './import-plan.ts';
import { countEmbedded } from './count-embedded.ts';
import { collectionNames, collectionProblem } from './names.ts';
import { areOrphansDropped, embedsOf, isWanted, mappingOf, type PlanContext } from './plan-context.ts';
import { orphansOf } from './plan-orphans.ts';
import { planRelations } from './plan-relations.ts';
import { planIndexes } from './plan-indexes.ts';
import { columnMapping, planRows } from './plan-rows.ts';

export interface PlanOptions {
  mapping: Mapping;
  /** As it is called in messages. */
  mappingName: string;
  /** Name of the database, which limits names of collections. */
  database: string;
}

/**
 * Decides what becomes of every table, before anything is read or written.
 *
 * @throws {@link ImportError} `MAPPING_INVALID`, with every mistake that was found
 */
export function planImport(source: SqliteSource, options: PlanOptions): ImportPlan {
  const { mapping, mappingName, database } = options;
  const { tables, triggers } = readSchema(source);
  const mistakes: string[] = [];
  const context: PlanContext = {
    tables,
    contentTables: contentTables(source),
    mappings: mapping.tables ?? {},
    defaults: { dates: mapping.dates ?? false, booleans: mapping.booleans ?? false },
    mistake: (text) => void mistakes.push(text),
  };
  for (const name of Object.keys(context.mappings)) {
    if (!tables.some((table) => table.name === name)) mistakes.push(`there is no table "${name}"`);
  }
  const wanted = tables.filter((table) => isWanted(context, table));
  const collections = nameCollections(context, wanted, database);
  const loads = wanted.flatMap((table) => planLoad(source, context, table, collections));
  if (mistakes.length > 0) throw invalid(mappingName, [...new Set(mistakes)]);
  const counts = countEmbedded(source, loads);
  const embedded = wanted
    .filter((table) => embedsOf(context, table).length > 0)
    .map((table) => ({
      table: table.name,
      total: countRows(source, table.name),
      fields: counts.get(table.name) ?? {},
      dropped: areOrphansDropped(context, table)
        ? countRows(source, table.name, orphansOf(context, table))
        : 0,
    }));
  const unreadable = tables.filter(
    ({ problem, name }) => problem !== undefined && !context.mappings[name]?.skip,
  );
  return {
    loads,
    embedded,
    notes: skipNotes(context, triggers),
    unreadable: unreadable.map(({ name }) => name),
  };
}

function nameCollections(
  context: PlanContext,
  tables: readonly SqliteTable[],
  database: string,
): Map<string, string> {
  const named = tables.filter((table) => mappingOf(context, table).collection === undefined);
  const collections = collectionNames(
    named.map(({ name }) => name),
    database,
  );
  for (const table of tables) {
    const { collection } = mappingOf(context, table);
    if (collection === undefined) continue;
    const problem =
      collectionProblem(collection, database) ??
      ([...collections.values()].includes(collection)
        ? `"${collection}" is the collection of another table`
        : undefined);
    if (problem !== undefined) context.mistake(`${table.name}: ${problem}`);
    collections.set(table.name, collection);
  }
  return collections;
}

function planLoad(
  source: SqliteSource,
  context: PlanContext,
  table: SqliteTable,
  collections: ReadonlyMap<string, string>,
): LoadPlan[] {
  const mapping = mappingOf(context, table);
  const rows = planRows({ ...context, table, mapping });
  planRelations(context, table, rows, []);
  const embeds = embedsOf(context, table);
  const where = orphansOf(context, table);
  if (areOrphansDropped(context, table)) return [];
  refuseSkippedKey(context, mapping, rows);
  const collection = collections.get(table.name) ?? table.name;
  const { indexes, notes } = planIndexes(source, table, rows);
  // A scan of the table itself is in the order of its key; that of an index need not be.
  const isStored = table.kind === 'table' || table.kind === 'shadow';
  const hint = isStored && rows.rowid === undefined ? ' NOT INDEXED' : '';
  return [
    {
      collection,
      rows,
      from: `FROM ${quoted(table.name)}${hint}`,
      where,
      part: embeds.length > 0 ? 'orphans' : 'all',
      total: countRows(source, table.name, where),
      indexes,
      notes: [...nameNotes(table, mapping, collection, rows), ...notes],
      digest: digestOf(collection, where, context),
    },
  ];
}

/** A row is found again by its `_id`, which therefore says what is in its key. */
function refuseSkippedKey({ mistake }: PlanContext, mapping: TableMapping, { table, id }: RowPlan): void {
  const fields = id.from === 'column' ? [id.field] : id.from === 'columns' ? id.fields : [];
  for (const { column } of fields) {
    if (!columnMapping(mapping, column).skip) continue;
    mistake(`${table}.${column} is part of the _id and cannot be skipped: name other columns as "key"`);
  }
}

function nameNotes(table: SqliteTable, mapping: TableMapping, collection: string, rows: RowPlan): Note[] {
  const notes: Note[] = [];
  if (collection !== table.name && mapping.collection === undefined) {
    notes.push({
      code: 'COLLECTION_RENAMED',
      text: `The table ${table.name} is the collection ${collection}`,
    });
  }
  for (const { column, field, isWritten } of rows.fields) {
    const isChosen = Object.hasOwn(mapping.columns ?? {}, column);
    if (!isWritten || field === column || isChosen) continue;
    notes.push({
      code: 'FIELD_RENAMED',
      text: `The column "${column}" of ${table.name} is the field ${field}`,
    });
  }
  if (rows.id.from === 'rowid' || rows.id.from === 'position') {
    const made =
      rows.id.from === 'rowid' ? "SQLite's number of the row" : 'the place of the row in the table';
    notes.push({ code: 'NO_PRIMARY_KEY', text: `${table.name} has no primary key; the _id is ${made}` });
  }
  return notes;
}

/** One note for all that are left out for the same reason. */
function skipNotes(context: PlanContext, triggers: readonly string[]): Note[] {
  const isSkipped = (table: SqliteTable): boolean => mappingOf(context, table).skip === true;
  const namesOf = (left: (table: SqliteTable) => boolean): string[] =>
    context.tables.filter(left).map(({ name }) => name);
  const unwanted = (wanted: TableKind): string[] =>
    namesOf((table) => table.kind === wanted && !isSkipped(table) && !isWanted(context, table));
  const reasons: [string, string[]][] = [
    ['Left out by the mapping', namesOf(isSkipped)],
    ['Views, which are imported when a mapping names them', unwanted('view')],
    ['The inner state of virtual tables', unwanted('shadow')],
    ['Triggers, which have no counterpart in MongoDB', [...triggers]],
  ];
  const unreadable = context.tables.filter(
    ({ problem, name }) => problem !== undefined && !context.mappings[name]?.skip,
  );
  return [
    ...unreadable.map(({ name, problem }) => skipped(`${name} cannot be read: ${problem}`)),
    ...reasons
      .filter(([, names]) => names.length > 0)
      .map(([reason, names]) => skipped(`${reason}: ${names.join(', ')}`)),
  ];
}

function skipped(text: string): Note {
  return { code: 'SKIPPED', text };
}

/** The whole mapping counts, since documents take in rows of other tables. */
function digestOf(collection: string, where: string, { mappings, defaults }: PlanContext): string {
  return createHash('sha256')
    .update(JSON.stringify([collection, where, mappings, defaults]))
    .digest('hex');
}
