import type { mongo } from 'mongoose';
import type { ContentHash } from '../raw/content-hash.ts';
import { insertRaw, type Refusal } from '../raw/insert-raw.ts';
import type { CollectionPlan } from './collection-plan.ts';
import type { Dump, DumpBatch } from './dump.ts';
import { Window } from './window.ts';

/** More messages in flight are no faster, and each takes memory. */
const IN_FLIGHT = 3;
const LIKE_DUMPED = {
  // They were stored once, validator or not.
  bypassDocumentValidation: true,
  // No time limit: a member that lags behind slows a restore down and does not end it.
  writeConcern: { w: 'majority', journal: true },
} as const;
const DUPLICATE_KEY = 11_000;
/** More would only repeat themselves. */
const MAX_REFUSALS = 100;

/** What became of the documents of one collection. */
export class Tally {
  readonly plan: CollectionPlan;
  /** Of all documents in the dump, as far as it was read; `undefined` where that is known already. */
  readonly content: ContentHash | undefined;
  /** Acknowledged by the server. */
  stored = 0;
  refusedCount = 0;
  /** The first of those that were refused; the place counts within a message. */
  readonly refusals: Refusal[] = [];

  constructor(plan: CollectionPlan, content?: ContentHash) {
    this.plan = plan;
    this.content = content;
  }

  refuse(refusal: Refusal): void {
    this.refusedCount += 1;
    if (this.refusals.length < MAX_REFUSALS) this.refusals.push(refusal);
  }
}

export interface DocumentsOptions {
  /** The target holds a part already: what is there is left as it is. */
  isResumed: boolean;
  signal: AbortSignal;
  /** Called when more documents of a collection are stored. */
  onStored: (storedAs: string) => void;
}

/**
 * Stores every document of a dump, as bytes.
 *
 * @param tallies - By the names under which documents are in the dump; filled in as it goes, and right at every moment, also when this throws
 */
export async function restoreDocuments(
  db: mongo.Db,
  dump: Dump,
  tallies: ReadonlyMap<string, Tally>,
  { isResumed, signal, onStored }: DocumentsOptions,
): Promise<void> {
  const window = new Window(IN_FLIGHT);
  const store = async (batch: DumpBatch, tally: Tally): Promise<void> => {
    try {
      const { collection, isRaw } = tally.plan.storage ?? { collection: batch.collection, isRaw: false };
      const { inserted, refused } = await insertRaw(db.collection(collection), batch, {
        ...LIKE_DUMPED,
        ...(isRaw && { rawData: true }),
      });
      const others = isResumed ? refused.filter(({ code }) => code !== DUPLICATE_KEY) : refused;
      tally.stored += inserted + refused.length - others.length;
      for (const refusal of others) tally.refuse(refusal);
      onStored(batch.collection);
    } finally {
      batch.release();
    }
  };
  try {
    for await (const batch of dump.read()) {
      signal.throwIfAborted();
      const tally = tallies.get(batch.collection);
      if (tally === undefined) throw new Error('The dump has changed while it was read');
      await window.add(() => store(batch, tally));
      tally.content?.add(batch.bytes, batch.count);
      // There the order of insertion is the order of reading.
      if (tally.plan.isCapped) await window.drain();
    }
  } finally {
    await window.settle();
  }
  await window.drain();
}
