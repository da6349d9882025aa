import { applyIndexes, isInPlace, planIndexes, type CollectionPlan, type IndexStep } from '#database';
import { EXIT } from '../exit-codes.ts';
import { runCommand } from '../run-command.ts';
import { formatCount, formatQuantity } from '../terminal/format.ts';
import { formatTable, type Cell } from '../terminal/table.ts';
import { readDeclaredModels } from './declared-models.ts';

/** A build may keep the server busy for longer than a request may take. */
const PATIENT = { socketTimeoutMs: 0 };

/** `ops indexes plan` */
export async function printPlan({ isJson }: { isJson: boolean }): Promise<void> {
  await runCommand({ isJson }, async ({ connection, signal, stdout }) => {
    const { models } = await readDeclaredModels(signal);
    const collections = await planIndexes(connection.db, models);
    const inPlace = collections.every(isInPlace);
    stdout(isJson ? `${JSON.stringify({ isInPlace: inPlace, collections })}\n` : formatPlan(collections));
    return inPlace ? EXIT.done : EXIT.failed;
  });
}

/** `ops indexes apply` */
export async function applyPlan({ isJson, drop }: { isJson: boolean; drop: string[] }): Promise<void> {
  await runCommand({ isJson, database: PATIENT }, async ({ connection, signal, stdout, progress }) => {
    const { models } = await readDeclaredModels(signal);
    const onStep = (step: IndexStep): void => {
      if (isJson) stdout(`${JSON.stringify({ event: 'step', ...step, cause: undefined })}\n`);
      else progress.note(describeStep(step));
    };
    const { steps, isComplete } = await applyIndexes(connection.db, models, { drop, signal, onStep });
    const counts = {
      done: countOf(steps, 'done'),
      failed: countOf(steps, 'failed'),
      skipped: countOf(steps, 'skipped'),
    };
    if (isJson) stdout(`${JSON.stringify({ event: 'result', isComplete, ...counts })}\n`);
    else stdout(summarize(counts, isComplete));
    return isComplete ? EXIT.done : EXIT.failed;
  });
}

/** A line per index that is not as declared, or one that says that all are. */
export function formatPlan(plans: readonly CollectionPlan[], width?: number): string {
  const rows = plans.flatMap(rowsOf);
  const declared = plans.reduce((sum, { present, missing, building, changed }) => {
    return sum + present.length + missing.length + building.length + changed.length;
  }, 0);
  const todo = plans.filter((plan) => !isInPlace(plan)).length;
  const verdict =
    todo === 0
      ? `Every declared index is in place: ${formatCount(declared)}`
      : 'Next step: ops indexes apply';
  if (rows.length === 0) return `${verdict}\n`;
  const columns = [
    { title: 'INDEX', isWrapped: true },
    { title: 'STATE' },
    { title: 'KEY', isWrapped: true },
    { title: 'WHAT', isWrapped: true },
  ];
  return `${formatTable(columns, rows, width)}\n${verdict}\n`;
}

function rowsOf({ collection, missing, building, changed, extra, unenforced }: CollectionPlan): Cell[][] {
  const name = (index: { name: string }) => `${collection}.${index.name}`;
  const key = (index: { key: object }) =>
    Object.entries(index.key)
      .map(([field, direction]) => `${field}: ${direction}`)
      .join(', ');
  const isUnenforced = new Set(unenforced.map((index) => index.name));
  const warn = (index: { name: string }, text: string) =>
    isUnenforced.has(index.name) ? `${text}; duplicates are not refused now` : text;
  return [
    ...missing.map((index) => [name(index), 'missing', key(index), warn(index, 'will be built')]),
    ...building.map((index) => [name(index), 'building', key(index), warn(index, 'being built now')]),
    ...changed.map(({ existing, declared, differences, how }) => [
      name(existing),
      'changed',
      key(declared),
      warn(declared, `${HOW[how]} (differs in ${differences.join(', ')})`),
    ]),
    ...extra.map((index) => [
      name(index),
      'extra',
      key(index),
      index.usage === null
        ? 'declared by no schema'
        : `declared by no schema, used ${formatCount(index.usage.operations)} times since ${index.usage.since.toISOString().slice(0, 10)}`,
    ]),
  ];
}

const HOW = {
  modify: 'will be changed in place',
  replace: 'a new one will be built beside it; name it with --drop to drop the old one',
  rebuild: 'cannot be changed: name it with --drop to drop and build it',
} as const;

function describeStep({ collection, index, action, outcome, reason, duplicateFields }: IndexStep): string {
  const because = reason === undefined ? '' : `: ${reason}`;
  const fields = duplicateFields?.length ? ` (${duplicateFields.join(' + ')})` : '';
  return `${action} ${collection}.${index}: ${outcome}${because}${fields}`;
}

function summarize(
  { done, failed, skipped }: Record<'done' | 'failed' | 'skipped', number>,
  isComplete: boolean,
): string {
  if (isComplete)
    return done === 0
      ? 'Nothing to do: every declared index is in place\n'
      : `Done: ${formatQuantity(done, 'step')}\n`;
  return `Not complete: ${done} done, ${failed} failed, ${skipped} skipped\n`;
}

function countOf(steps: readonly IndexStep[], outcome: IndexStep['outcome']): number {
  return steps.filter((step) => step.outcome === outcome).length;
}
