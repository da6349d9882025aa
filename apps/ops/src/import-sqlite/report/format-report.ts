import { formatBytes, formatCount, formatDuration } from '../../terminal/format.ts';
import { formatTable, printable, terminalWidth, type Column } from '../../terminal/table.ts';
import {
  isTableComplete,
  type EmbeddedReport,
  type ImportReport,
  type TableReport,
} from './import-report.ts';
import type { Note } from './notes.ts';

const SHOWN_FAILURES = 5;

/** The report for people. */
export function formatReport(report: ImportReport, width = terminalWidth()): string {
  return [
    formatTables(report, width),
    ...report.embedded.map(formatEmbedded),
    ...report.tables.flatMap(formatSamples),
    ...formatNotes([...report.notes, ...report.tables.flatMap(({ notes }) => notes)]),
    ...report.tables.flatMap(formatProblems),
    ...report.embedded.flatMap(formatMissing),
    verdict(report),
  ].join('\n');
}

function formatTables({ tables, isDryRun }: ImportReport, width: number): string {
  const columns: Column[] = [
    { title: 'table', isWrapped: true },
    { title: 'collection', isWrapped: true },
    { title: 'rows', align: 'right' },
    { title: 'documents', align: 'right' },
    { title: 'size', align: 'right' },
    { title: 'indexes', align: 'right' },
    ...(isDryRun ? [] : [{ title: 'new', align: 'right' as const }, { title: 'compared' }]),
  ];
  const rows = tables.map((table) => [
    table.part === 'orphans' ? `${table.table} (without a parent)` : table.table,
    table.collection,
    formatCount(table.rows),
    formatCount(table.documents),
    formatBytes(table.sizeBytes),
    table.indexes.length,
    ...(isDryRun ? [] : [formatCount(table.inserted), comparison(table)]),
  ]);
  return formatTable(columns, rows, width);
}

function comparison({ verified }: TableReport): string {
  if (verified === undefined) return 'no';
  return verified.isEqual ? 'equal' : 'DIFFERENT';
}

function formatEmbedded({ table, total, fields, orphans, dropped }: EmbeddedReport): string {
  const places = Object.entries(fields).map(([field, count]) => `${formatCount(count)} in ${field}`);
  const rest = [
    ...(orphans > 0 ? [`${formatCount(orphans)} without a parent`] : []),
    ...(dropped > 0 ? [`${formatCount(dropped)} dropped`] : []),
  ];
  return `${printable(table)}: ${formatCount(total)} rows, ${[...places, ...rest].join(', ')}`;
}

function formatSamples({ collection, samples }: TableReport): string[] {
  if (samples === undefined || samples.length === 0) return [];
  return [
    '',
    `First documents of ${printable(collection)}:`,
    ...samples.map((sample) => `  ${printable(sample)}`),
  ];
}

function formatNotes(notes: readonly Note[]): string[] {
  if (notes.length === 0) return [];
  const lines = notes.map(({ code, text, count, rows }) => {
    const where =
      count === undefined ? '' : ` (${formatCount(count)} times; first in row ${rows?.join(', ')})`;
    return `  ${code}  ${printable(text)}${where}`;
  });
  return ['', 'Notes:', ...new Set(lines)];
}

function formatProblems(table: TableReport): string[] {
  if (isTableComplete(table)) return [];
  const { total, rows, failed, failures, indexes, verified, collection, documents, stored } = table;
  const lines = [
    ...(rows === total ? [] : [`${formatCount(rows)} rows were read, SQLite counts ${formatCount(total)}`]),
    ...(failed === 0 ? [] : [`${formatCount(failed)} rows are not in the collection`]),
    ...failures.slice(0, SHOWN_FAILURES).map(({ row, reason }) => `  row ${row}: ${reason}`),
    ...indexes
      .filter(({ status }) => status === 'failed')
      .map(({ name, reason }) => `the index ${printable(name)} is not there: ${printable(reason ?? '')}`),
    ...differences(documents, verified?.documents ?? stored, verified?.isEqual),
  ];
  return ['', `Problems with ${printable(collection)}:`, ...lines.map((line) => `  ${line}`)];
}

function formatMissing({ table, missing }: EmbeddedReport): string[] {
  if (missing === 0) return [];
  const name = printable(table);
  return [
    '',
    `Problems with ${name}:`,
    `  ${formatCount(missing)} rows of ${name} are nowhere, since the documents that should have them do not`,
    `  To import them, take "embedInto" of ${name} out of the mapping: they get a collection of their own`,
  ];
}

function differences(documents: number, stored: number | undefined, isEqual: boolean | undefined): string[] {
  if (stored !== undefined && stored !== documents) {
    const why = stored < documents ? 'rows with the same key became one, or ' : '';
    return [
      `MongoDB has ${formatCount(stored)} documents, not the ${formatCount(documents)} that were made: ${why}somebody else writes to the collection`,
    ];
  }
  return isEqual === false ? ['MongoDB has documents that are not as they were made'] : [];
}

function verdict({ isComplete, isDryRun, tables, elapsedMs }: ImportReport): string {
  const documents = formatCount(tables.reduce((sum, table) => sum + table.documents, 0));
  const time = formatDuration(elapsedMs);
  if (!isComplete) return `\nNOT complete: see the problems above (${time})\n`;
  if (isDryRun) return `\nNothing was written. ${documents} documents would be (${time})\n`;
  const wasCompared = tables.every(({ verified }) => verified !== undefined);
  return `\nComplete: ${documents} documents${wasCompared ? ', each compared with the file' : ', not compared'} (${time})\n`;
}
