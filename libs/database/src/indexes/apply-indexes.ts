import { mongo } from 'mongoose';
import { DatabaseUnavailableError, DuplicateKeyError } from '../errors/database.error.ts';
import { buildIndex, dropIndex } from './build-index.ts';
import {
  declaredIndexes,
  type DeclaredCollection,
  type IndexDefinition,
  type ModelLike,
} from './declared-indexes.ts';
import { planDeclared, type ChangedIndex, type CollectionPlan } from './index-plan.ts';
import { modifyIndex } from './modify-index.ts';
import { codeOf } from './read-indexes.ts';

export interface ApplyIndexesOptions {
  /**
   * Indexes that may be dropped, as `collection.index`. Only those that no schema declares any longer are, and old versions of changed
   * ones; an index that the server cannot hold in both versions is rebuilt only when it is named here.
   */
  drop?: readonly string[];
  /** Ends the work between two steps, and the waiting for a build. */
  signal?: AbortSignal;
  /** Told of each step when it has ended. */
  onStep?: (step: IndexStep) => void;
}

/** What was done about one index. */
export interface IndexStep {
  collection: string;
  index: string;
  /** `rebuild` drops first. */
  action: 'build' | 'modify' | 'rebuild' | 'drop';
  outcome: 'done' | 'unneeded' | 'failed' | 'skipped';
  /** Why it failed or was skipped; no value of a document in it. */
  reason?: string;
  /** Of a unique index that met duplicates. */
  duplicateFields?: readonly string[];
  /** What failed, for logs and for {@link DatabaseError} codes. */
  cause?: unknown;
}

export interface ApplyIndexesReport {
  steps: IndexStep[];
  /** Whether every step was done, or was not needed. */
  isComplete: boolean;
}

const NAMESPACE_EXISTS = 48;
/** Of the creation of a collection, which is empty. */
const MAX_TIME_MS = 15_000;
/** FailedToParse, InvalidOptions, CannotCreateIndex, IndexOptionsConflict, IndexKeySpecsConflict. */
const OF_DEFINITION = [9, 67, 72, 85, 86];

/**
 * Makes the indexes of the server those that the schemas declare, collection by collection: builds first, one by one, then drops what
 * is named. One index that cannot be built does not hold up the others, only the drops of its collection. Safe to repeat, also by
 * several instances at once.
 *
 * @throws {@link DatabaseUnavailableError} When the server goes away: builds that have begun go on, and applying again waits for them.
 *   {@link NotPermittedError} When this user may not list indexes; {@link IndexesContradictError}
 */
export async function applyIndexes(
  db: mongo.Db,
  models: readonly ModelLike[],
  options: ApplyIndexesOptions = {},
): Promise<ApplyIndexesReport> {
  return applyDeclared(db, declaredIndexes(models), options);
}

/** As {@link applyIndexes}, of declarations that were read before. */
export async function applyDeclared(
  db: mongo.Db,
  collections: readonly DeclaredCollection[],
  options: ApplyIndexesOptions = {},
): Promise<ApplyIndexesReport> {
  const plans = await planDeclared(db, collections, { withUsage: false });
  const steps: IndexStep[] = [];
  const droppable = plans.flatMap(droppableOf);
  for (const name of new Set(options.drop)) {
    if (!droppable.includes(name)) steps.push(unknownDrop(name, plans));
  }
  for (const step of steps) options.onStep?.(step);
  for (const plan of plans) {
    const declared = collections.find(({ name }) => name === plan.collection);
    const work = new CollectionWork(db, plan, options);
    await work.run(declared?.options ?? {});
    steps.push(...work.steps);
  }
  return { steps, isComplete: steps.every(isDone) };
}

/** The steps for one collection. */
class CollectionWork {
  readonly steps: IndexStep[] = [];
  readonly #db: mongo.Db;
  readonly #plan: CollectionPlan;
  readonly #options: ApplyIndexesOptions;
  readonly #taken: Set<string>;

  constructor(db: mongo.Db, plan: CollectionPlan, options: ApplyIndexesOptions) {
    this.#db = db;
    this.#plan = plan;
    this.#options = options;
    const { present, building, changed, extra } = plan;
    const existing = [...present, ...building, ...extra, ...changed.map((change) => change.existing)];
    this.#taken = new Set(existing.map(({ name }) => name));
  }

  async run(collectionOptions: mongo.CreateCollectionOptions): Promise<void> {
    const { kind, missing, building, changed, extra } = this.#plan;
    if (kind === 'absent' && missing.length > 0) await this.#create(collectionOptions);
    for (const index of [...building, ...missing]) await this.#build(index);
    for (const change of changed) {
      if (change.how === 'modify') await this.#modify(change);
      if (change.how === 'replace') await this.#build(change.declared);
    }
    for (const change of changed) if (change.how === 'rebuild') await this.#rebuild(change);
    const old = changed.filter(({ how }) => how === 'replace').map(({ existing }) => existing);
    for (const index of [...old, ...extra]) {
      if (this.#mayDrop(index)) await this.#drop(index);
    }
  }

  async #create(options: mongo.CreateCollectionOptions): Promise<void> {
    try {
      await this.#db.createCollection(this.#plan.collection, { ...options, maxTimeMS: MAX_TIME_MS });
    } catch (error) {
      if (codeOf(error) !== NAMESPACE_EXISTS) throw error;
    }
  }

  async #build(index: IndexDefinition): Promise<void> {
    const isUnderWay = this.#plan.building.includes(index);
    const named = isUnderWay ? index : { ...index, name: freeName(index.name, this.#taken) };
    this.#taken.add(named.name);
    const build = () => buildIndex(this.#db, this.#plan.collection, named, this.#options.signal);
    await this.#step({ index: named.name, action: 'build' }, build);
  }

  async #modify({ declared, existing, differences }: ChangedIndex): Promise<void> {
    const { signal } = this.#options;
    const modify = () =>
      modifyIndex(this.#db, this.#plan.collection, { ...declared, name: existing.name }, differences, signal);
    await this.#step({ index: existing.name, action: 'modify' }, modify);
  }

  async #rebuild({ declared, existing }: ChangedIndex): Promise<void> {
    const step = { index: existing.name, action: 'rebuild' } as const;
    if (!this.#mayDrop(existing)) {
      const reason = `The server cannot hold both versions: name it to drop it first, until it is rebuilt there is none`;
      this.#note({ ...step, outcome: 'skipped', reason });
      return;
    }
    const { signal } = this.#options;
    await this.#step(step, async () => {
      await dropIndex(this.#db, this.#plan.collection, existing, signal);
      try {
        await buildIndex(this.#db, this.#plan.collection, declared, signal);
      } catch (error) {
        // Better the old one than none.
        await buildIndex(this.#db, this.#plan.collection, existing).catch(() => undefined);
        throw error;
      }
    });
  }

  async #drop(index: IndexDefinition): Promise<void> {
    const step = { index: index.name, action: 'drop' } as const;
    if (!this.steps.every(isDone)) {
      this.#note({ ...step, outcome: 'skipped', reason: 'Another step of this collection was not done' });
      return;
    }
    await this.#step(step, () => dropIndex(this.#db, this.#plan.collection, index, this.#options.signal));
  }

  #mayDrop({ name }: IndexDefinition): boolean {
    return this.#options.drop?.includes(`${this.#plan.collection}.${name}`) ?? false;
  }

  async #step(step: Pick<IndexStep, 'index' | 'action'>, work: () => Promise<void>): Promise<void> {
    this.#options.signal?.throwIfAborted();
    try {
      await work();
      this.#note({ ...step, outcome: 'done' });
    } catch (error) {
      if (error instanceof DatabaseUnavailableError || this.#options.signal?.aborted) throw error;
      this.#note({ ...step, outcome: 'failed', ...describeFailure(error) });
    }
  }

  #note(step: Omit<IndexStep, 'collection'>): void {
    const noted = { collection: this.#plan.collection, ...step };
    this.steps.push(noted);
    this.#options.onStep?.(noted);
  }
}

/** A name of its own for the new version of an index: the two stand side by side for a while, and the server renames none. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const stem = name.replace(/_v\d+$/, '');
  let version = 2;
  while (taken.has(`${stem}_v${version}`)) version += 1;
  return `${stem}_v${version}`;
}

function describeFailure(error: unknown): Pick<IndexStep, 'reason' | 'duplicateFields' | 'cause'> {
  if (error instanceof DuplicateKeyError) {
    const reason = `Several documents have the same ${error.fields.join(' + ')}`;
    return { reason, duplicateFields: error.fields, cause: error };
  }
  return { reason: reasonOf(error), cause: error };
}

/** What the server says of a definition names no document; of anything else it may quote one. */
function reasonOf(error: unknown): string {
  if (!(error instanceof mongo.MongoServerError)) return Error.isError(error) ? error.message : String(error);
  const code = Number(error.code);
  if (OF_DEFINITION.includes(code)) return error.message;
  return `The server refused it: ${String(error.codeName ?? code)}`;
}

function droppableOf({ collection, changed, extra }: CollectionPlan): string[] {
  const old = changed.filter(({ how }) => how !== 'modify').map(({ existing }) => existing);
  return [...old, ...extra].map(({ name }) => `${collection}.${name}`);
}

/** A name to drop that is no leftover: either a schema declares it, or it has gone before. */
function unknownDrop(name: string, plans: readonly CollectionPlan[]): IndexStep {
  const isIn = ({ collection }: CollectionPlan) => name.startsWith(`${collection}.`);
  const [plan] = plans.filter(isIn).sort((a, b) => b.collection.length - a.collection.length);
  const collection = plan?.collection ?? '';
  const step = {
    collection,
    index: plan ? name.slice(collection.length + 1) : name,
    action: 'drop',
  } as const;
  const declared = [plan?.present, plan?.building, plan?.changed.map(({ existing }) => existing)].flat();
  const isDeclared = declared.some((index) => index?.name === step.index);
  return isDeclared
    ? { ...step, outcome: 'skipped', reason: 'A schema declares it' }
    : { ...step, outcome: 'unneeded', reason: 'There is no such index' };
}

function isDone({ outcome }: IndexStep): boolean {
  return outcome === 'done' || outcome === 'unneeded';
}
