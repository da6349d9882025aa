import type { mongo } from 'mongoose';
import { readContent } from '../raw/read-content.ts';
import type { Progress, ProgressBar } from '../terminal/progress.ts';
import { buildIndexes, startExpiry, type IndexProblem } from './build-indexes.ts';
import { createCollection, type Storage } from './collection-plan.ts';
import type { CollectionRestore } from './collection-restore.ts';
import { compareDefinition, differenceOf } from './compare.ts';
import type { Dump } from './dump.ts';
import { restoreDocuments } from './restore-documents.ts';
import { readCollections } from './target.ts';
import { Window } from './window.ts';

/** Collections that are read back at the same time: the server reads each on one processor. */
const COMPARED_AT_ONCE = 2;

export interface StepContext {
  db: mongo.Db;
  dump: Dump;
  collections: readonly CollectionRestore[];
  isResumed: boolean;
  signal: AbortSignal;
  progress: Progress | undefined;
}

/** Everything between an empty target and a finished one. What was reached stands in the collections, also when this throws. */
export async function runSteps(context: StepContext): Promise<void> {
  await createCollections(context);
  await fill(context);
  // The documents stay what they are while an index is built, which keeps one processor of the server busy.
  await settled(buildAllIndexes(context), compareDocuments(context));
  await compareDefinitions(context);
  // Last: documents that have expired meanwhile are restored and compared like all others, and only then go. Where something is
  // wrong they stay: another run would find them missing.
  if (context.collections.every(({ problems }) => problems.length === 0)) await startAllExpiry(context);
  else for (const collection of context.collections) collection.leaveUnexpired();
  for (const collection of context.collections) collection.finish();
}

async function createCollections({ db, collections, signal }: StepContext): Promise<void> {
  const existing = new Set((await readCollections(db)).map(({ name }) => name));
  // A view needs nothing of what it shows, but it is in the way of nothing as the last.
  const inOrder = [...collections].toSorted((a, b) => Number(isView(a)) - Number(isView(b)));
  for (const collection of inOrder) {
    signal.throwIfAborted();
    if (!existing.has(collection.plan.name)) await createCollection(db, collection.plan);
    collection.begin();
  }
}

async function fill({ db, dump, collections, isResumed, signal, progress }: StepContext): Promise<void> {
  const byName = new Map(collections.map((collection) => [collection.storedAs ?? '', collection]));
  const bars = new Map<string, ProgressBar>();
  const onStored = (storedAs: string): void => {
    const collection = byName.get(storedAs);
    if (!collection || !progress) return;
    const { expectedDocuments, tally, plan } = collection;
    const bar = bars.get(storedAs) ?? progress.bar(plan.name, expectedDocuments, 'documents');
    bars.set(storedAs, bar);
    if (tally.stored >= expectedDocuments) bar.finish(tally.stored);
    else bar.update(tally.stored);
  };
  const tallies = new Map([...byName].map(([storedAs, { tally }]) => [storedAs, tally]));
  await restoreDocuments(db, dump, tallies, { isResumed, signal, onStored });
  for (const { tally, problems } of collections) {
    const [first] = tally.refusals;
    if (first) {
      problems.push(
        `the server refused ${tally.refusedCount} documents, the first with: ${oneLine(first.message)}`,
      );
    }
  }
}

async function buildAllIndexes({ db, collections, signal, progress }: StepContext): Promise<void> {
  for (const collection of collections) {
    const { name, indexes } = collection.plan;
    signal.throwIfAborted();
    if (indexes.length > 0) progress?.note(`Building ${indexes.length} indexes of ${name}`);
    const refused = await buildIndexes(db, name, indexes, signal);
    collection.builtIndexes += indexes.length - refused.length;
    collection.problems.push(...refused.map(describe));
  }
}

async function compareDocuments({ db, collections, signal, progress }: StepContext): Promise<void> {
  const total = collections.reduce((sum, { expectedDocuments }) => sum + expectedDocuments, 0);
  const bar = progress?.bar('comparing', total, 'documents');
  let compared = 0;
  const compare = async ({ collection, isRaw }: Storage, restored: CollectionRestore): Promise<void> => {
    let before = 0;
    const onRead = (documents: number): void => {
      compared += documents - before;
      before = documents;
      bar?.update(compared);
    };
    const find = isRaw ? { rawData: true } : {};
    const content = await readContent({ db, collection, find, signal, onRead });
    const difference = differenceOf(restored.expected, content);
    if (difference !== undefined) restored.problems.push(difference);
  };
  const window = new Window(COMPARED_AT_ONCE);
  try {
    for (const restored of collections) {
      const { storage } = restored.plan;
      signal.throwIfAborted();
      if (storage !== undefined) await window.add(() => compare(storage, restored));
    }
  } finally {
    await window.settle();
  }
  await window.drain();
  bar?.finish(compared);
}

async function compareDefinitions({ db, collections, signal }: StepContext): Promise<void> {
  const found = new Map((await readCollections(db)).map((each) => [each.name, each]));
  for (const { plan, problems } of collections) {
    signal.throwIfAborted();
    problems.push(...(await compareDefinition(db, plan, found.get(plan.name)?.options)));
  }
}

async function startAllExpiry({ db, collections, signal }: StepContext): Promise<void> {
  for (const collection of collections) {
    signal.throwIfAborted();
    const refused = await startExpiry(db, collection.plan);
    collection.builtIndexes += collection.plan.expiringIndexes.length - refused.length;
    collection.problems.push(...refused.map(describe));
  }
}

/** Waits for all, whatever becomes of them, and throws what the first of them has thrown. */
async function settled(...steps: Promise<void>[]): Promise<void> {
  await Promise.allSettled(steps);
  await Promise.all(steps);
}

function isView({ plan }: CollectionRestore): boolean {
  return plan.type === 'view';
}

function describe({ index, message }: IndexProblem): string {
  return `the index ${index} cannot be built: ${oneLine(message)}`;
}

function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, ' ').slice(0, 200);
}
