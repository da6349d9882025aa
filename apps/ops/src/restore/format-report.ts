import { MARKER_COLLECTION } from '../backup/dump-format/names.ts';
import { formatCount, formatDuration } from '../terminal/format.ts';
import { formatTable, printable } from '../terminal/table.ts';
import type { CollectionReport, RestoreReport } from './report.ts';

const STATES = {
  restored: 'restored',
  different: 'NOT as in the dump',
  incomplete: 'NOT complete',
  'not-begun': 'NOT begun',
} as const;

/** What a restore has done, for people: the first line says whether all is well. */
export function formatReport(report: RestoreReport): string {
  const { collections, notes, safetyBackup, interruption, isDryRun } = report;
  const lines = [headline(report)];
  if (interruption) lines.push(`It ended with: ${interruption.message}`);
  if (safetyBackup !== null) lines.push(`What was there before is saved in ${printable(safetyBackup)}`);
  lines.push(...notes.map((note) => `Note: ${printable(note)}`));
  const shown = isDryRun ? collections : collections.filter(({ state }) => state !== 'restored');
  const table = shown.length > 0 ? `\n${isDryRun ? contentTable(shown) : problemTable(shown)}` : '';
  const next = nextStep(report);
  return `${lines.join('\n')}\n${table}${next === undefined ? '' : `\nNext step: ${next}\n`}`;
}

function headline({
  source,
  database,
  isDryRun,
  isComplete,
  dropped,
  isSaved,
  collections,
  durationMs,
}: RestoreReport): string {
  const into = source === database ? database : `${source} into ${database}`;
  const documents = collections.reduce(
    (sum, each) => sum + each.documents[isDryRun ? 'expected' : 'stored'],
    0,
  );
  const indexes = collections.reduce((sum, each) => sum + each.indexes[isDryRun ? 'expected' : 'built'], 0);
  const content =
    `${formatCount(collections.length)} collections and views, ` +
    `${formatCount(documents)} documents, ${formatCount(indexes)} indexes`;
  if (isDryRun) {
    const how = isSaved ? 'saved and dropped' : 'dropped without being saved';
    const drop = dropped.length > 0 ? `; ${formatCount(dropped.length)} collections would be ${how}` : '';
    return `Would restore ${into}: ${content}${drop}. Nothing was written`;
  }
  const duration = formatDuration(durationMs);
  if (isComplete) return `Restored ${into} in ${duration}: ${content}, all read back and as in the dump`;
  return `NOT everything of ${into} is restored, after ${duration}`;
}

function contentTable(collections: readonly CollectionReport[]): string {
  const rows = collections.map(({ name, type, documents, indexes }) => [
    name,
    type,
    formatCount(documents.expected),
    formatCount(indexes.expected),
  ]);
  return formatTable(
    [
      { title: 'collection', isWrapped: true },
      { title: 'type' },
      { title: 'documents', align: 'right' },
      { title: 'indexes', align: 'right' },
    ],
    rows,
  );
}

function problemTable(collections: readonly CollectionReport[]): string {
  const rows = collections.map(({ name, state, documents, problems }) => [
    name,
    STATES[state],
    `${formatCount(documents.stored)} of ${formatCount(documents.expected)}`,
    problems.join('; '),
  ]);
  return formatTable(
    [
      { title: 'collection', isWrapped: true },
      { title: 'state' },
      { title: 'documents', align: 'right' },
      { title: 'what is wrong', isWrapped: true },
    ],
    rows,
  );
}

function nextStep({ interruption, isComplete, isDryRun }: RestoreReport): string | undefined {
  if (interruption) return interruption.nextStep;
  if (isComplete || isDryRun) return undefined;
  return `see what is wrong above; drop the collection ${MARKER_COLLECTION} to keep what is there, or begin anew with --drop`;
}
