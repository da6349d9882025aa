import { ContentHash, type ContentDigest } from '../raw/content-hash.ts';
import { planCollection, type CollectionPlan } from './collection-plan.ts';
import type { DumpCollection } from './dump.ts';
import type { CollectionReport, CollectionState } from './report.ts';
import { Tally } from './restore-documents.ts';

/** One collection on its way from the dump into the target. */
export class CollectionRestore {
  readonly plan: CollectionPlan;
  readonly tally: Tally;
  readonly problems: string[] = [];
  builtIndexes = 0;
  readonly #dumped: DumpCollection;
  #state: CollectionState = 'not-begun';

  /**
   * @param dumped - After the dump was verified
   * @param hasRawTimeSeries - Of the server
   */
  constructor(dumped: DumpCollection, hasRawTimeSeries: boolean) {
    this.#dumped = dumped;
    this.plan = planCollection(dumped, hasRawTimeSeries);
    this.tally = new Tally(this.plan, dumped.content ? undefined : new ContentHash());
  }

  /** What it should hold; known when the dump has been read to its end. */
  get expected(): ContentDigest {
    return this.#dumped.content ?? (this.tally.content ?? new ContentHash()).digest;
  }

  /** Under which name its documents are in the dump. */
  get storedAs(): string | undefined {
    return this.#dumped.storedAs;
  }

  get expectedDocuments(): number {
    return this.#dumped.documents ?? 0;
  }

  get report(): CollectionReport {
    const { name, type, indexes, expiringIndexes } = this.plan;
    return {
      name,
      type,
      state: this.#state,
      documents: { expected: this.expectedDocuments, stored: this.tally.stored },
      indexes: { expected: indexes.length + expiringIndexes.length, built: this.builtIndexes },
      problems: [...this.problems, ...this.#missing],
    };
  }

  begin(): void {
    this.#state = 'incomplete';
  }

  /** Its documents stay for now, also those that would have expired. */
  leaveUnexpired(): void {
    const { expiringIndexes, expireAfterSeconds } = this.plan;
    if (expiringIndexes.length === 0 && expireAfterSeconds === undefined) return;
    this.problems.push('its documents do not expire, since not everything is as in the dump');
  }

  /** Everything was done and compared. */
  finish(): void {
    this.#state = this.problems.length === 0 ? 'restored' : 'different';
  }

  /** What an interrupted restore has left undone. */
  get #missing(): string[] {
    if (this.#state === 'not-begun') return ['it was not created'];
    if (this.#state !== 'incomplete') return [];
    const missingDocuments = this.expectedDocuments - this.tally.stored;
    const { indexes, expiringIndexes } = this.plan;
    const missingIndexes = indexes.length + expiringIndexes.length - this.builtIndexes;
    return [
      ...(missingDocuments > 0 ? [`${missingDocuments} of ${this.expectedDocuments} documents`] : []),
      ...(missingIndexes > 0 ? [`${missingIndexes} indexes`] : []),
      'the comparison with the dump',
    ].map((what) => `missing: ${what}`);
  }
}
