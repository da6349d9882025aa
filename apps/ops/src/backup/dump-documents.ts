import type { mongo } from 'mongoose';
import type { Progress } from '../terminal/progress.ts';
import type { CatalogEntry } from './catalog.ts';
import type { DumpTarget } from './dump-target.ts';
import type { ManifestCollection } from './manifest.ts';
import type { ReadPlan } from './point-in-time.ts';
import { readBatches } from './read-collection.ts';
import type { ServerFacts } from './server-facts.ts';

export interface DumpOptions {
  db: mongo.Db;
  facts: ServerFacts;
  plan: ReadPlan;
  target: DumpTarget;
  /** How many collections are read at the same time. */
  concurrency: number;
  progress?: Progress | undefined;
  /** Ends the dump. */
  signal: AbortSignal;
}

/** Reads every collection of the plan into the target; the largest first, so that none is left over at the end. */
export async function dumpDocuments(options: DumpOptions): Promise<ManifestCollection[]> {
  const { plan, db, concurrency } = options;
  const estimated = await Promise.all(
    plan.entries.map(async (entry) => ({ entry, total: await estimateCount(db, entry) })),
  );
  const waiting = estimated.sort((a, b) => b.total - a.total);
  const done: ManifestCollection[] = [];
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      try {
        done.push(await dumpCollection({ ...options, signal }, next.entry, next.total));
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }
  };
  await Promise.allSettled(Array.from({ length: concurrency }, work));
  // The first failure; the others come from the end that it brought.
  options.signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
  return done.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function dumpCollection(
  { db, facts, plan, target, progress, signal }: DumpOptions,
  entry: CatalogEntry,
  total: number,
): Promise<ManifestCollection> {
  const { collection, type, storage } = entry;
  const described = {
    name: collection,
    type,
    optionsBson: toBase64(entry.options),
    indexesBson: entry.indexes.map(toBase64),
  };
  if (storage === undefined) {
    return { ...described, documents: 0, sizeBytes: 0, storedAs: null, dataFile: null };
  }
  const { sink, path } = await target.open({ ...entry, storage });
  const bar = progress?.bar(collection, total, 'documents');
  const readConcern = plan.readConcern(entry);
  const command = {
    find: storage,
    ...(type === 'timeseries' && facts.hasRawTimeSeries && { rawData: true }),
    ...(readConcern && { readConcern }),
  };
  let [documents, sizeBytes] = [0, 0];
  for await (const batch of readBatches({ db, command, collection: storage, signal })) {
    documents += batch.count;
    sizeBytes += batch.documents.length;
    // The next batch is on its way meanwhile.
    if (batch.count > 0) await sink.write(batch.documents);
    bar?.update(documents);
  }
  await sink.end();
  bar?.finish(documents);
  return { ...described, documents, sizeBytes, storedAs: storage, dataFile: path };
}

/** From the metadata of the collection, at once; for the progress only. */
async function estimateCount(db: mongo.Db, { storage }: CatalogEntry): Promise<number> {
  return storage === undefined ? 0 : db.collection(storage).estimatedDocumentCount();
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
