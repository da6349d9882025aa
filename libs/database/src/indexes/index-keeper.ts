import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DatabaseConnection } from '../connection/database-connection.ts';
import { NotPermittedError } from '../errors/database.error.ts';
import { applyDeclared, type IndexStep } from './apply-indexes.ts';
import { declaredIndexes, schemaOf, type DeclaredCollection, type ModelLike } from './declared-indexes.ts';
import { planDeclared, type CollectionPlan } from './index-plan.ts';

/** At start: `build` what is missing, `check` and say so, or neither. */
export type IndexPolicy = 'build' | 'check' | 'off';

/** What is known of the indexes that the schemas of this process need. */
export interface IndexState {
  /** `off`: nobody looks; `unknown`: not looked yet, or this user may not list indexes. */
  status: 'off' | 'unknown' | 'complete' | 'incomplete';
  /**
   * Declared unique indexes that nothing enforces, as `collection.index`; for logs, not for answers. Any of them makes the state
   * `incomplete`: every write may store what a later build of the index refuses.
   */
  missingUnique: readonly string[];
  /** Of the last look; `null` before the first. */
  checkedAt: Date | null;
}

/** How often it is looked again while a unique index is missing, in milliseconds. */
const RECHECK_MS = 30_000;

/**
 * Brings the declared indexes about, or says that they are missing, once at the start of the application: a large build must not begin
 * because a service was deployed. While a unique index is missing it looks again, so that applying it from outside is noticed without
 * a restart. Once all is in place it looks no more: an index that is dropped later takes no running instance out of service.
 */
@Injectable()
export class IndexKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(IndexKeeper.name);
  readonly #connection: DatabaseConnection;
  readonly #policy: IndexPolicy;
  readonly #recheckMs: number;
  readonly #stopping = new AbortController();
  #state: IndexState;
  #isWatching = false;

  constructor(connection: DatabaseConnection, policy: IndexPolicy, { recheckMs = RECHECK_MS } = {}) {
    this.#connection = connection;
    this.#policy = policy;
    this.#recheckMs = recheckMs;
    this.#state = { status: policy === 'off' ? 'off' : 'unknown', missingUnique: [], checkedAt: null };
  }

  /** The result of the last look; asks nobody. */
  get state(): IndexState {
    return this.#state;
  }

  /** After every module has registered its models and its own start-up tasks, so that collections with a bound are there. */
  onApplicationBootstrap(): void {
    if (this.#policy === 'off') return;
    const isBuilt = this.#policy === 'build';
    this.#connection.addStartupTask({
      name: `${isBuilt ? 'build' : 'check'} the declared indexes`,
      run: async () => void (await (isBuilt ? this.build() : this.check())),
    });
  }

  onApplicationShutdown(): void {
    this.#stopping.abort();
  }

  /**
   * Compares the indexes of all registered models with those of the server.
   *
   * @throws {@link DatabaseUnavailableError} Or another {@link DatabaseError}; the state stays as it was
   */
  async check(): Promise<IndexState> {
    return this.#note(() => planDeclared(this.#connection.db, this.#declared(), { withUsage: false }));
  }

  /** Builds what is missing, and drops nothing. A schema with `autoIndex: false` is left alone, and checked all the same. */
  protected async build(): Promise<void> {
    const isAutomatic = (model: ModelLike) => schemaOf(model).options.autoIndex !== false;
    const { signal } = this.#stopping;
    const declared = this.#declared(isAutomatic);
    const { steps } = await applyDeclared(this.#connection.db, declared, { signal });
    for (const step of steps) this.#report(step);
    await this.check();
  }

  #declared(isWanted: (model: ModelLike) => boolean = () => true): DeclaredCollection[] {
    return declaredIndexes(Object.values(this.#connection.mongoose.models).filter(isWanted));
  }

  async #note(plan: () => Promise<CollectionPlan[]>): Promise<IndexState> {
    const checkedAt = new Date();
    const missingUnique = await plan().then(namesOfUnenforced, (error: unknown) => {
      if (!(error instanceof NotPermittedError)) throw error;
      return null;
    });
    if (missingUnique === null) {
      if (this.#state.checkedAt === null) this.#logger.warn(`Indexes cannot be checked: ${NOT_LISTED}`);
      this.#state = { status: 'unknown', missingUnique: [], checkedAt };
      return this.#state;
    }
    const status = missingUnique.length === 0 ? 'complete' : 'incomplete';
    this.#reportChange(missingUnique);
    this.#state = { status, missingUnique, checkedAt };
    if (status === 'incomplete') void this.#checkUntilComplete();
    return this.#state;
  }

  async #checkUntilComplete(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { signal } = this.#stopping;
    while (!signal.aborted && this.#state.status === 'incomplete') {
      await sleep(this.#recheckMs, undefined, { signal, ref: false }).catch(() => undefined);
      // While the database is away nothing is learned; health tells that.
      if (!signal.aborted) await this.check().catch(() => undefined);
    }
    this.#isWatching = false;
  }

  #report({ collection, index, action, outcome, reason }: IndexStep): void {
    const name = `${collection}.${index}`;
    if (outcome === 'done') this.#logger.log(`Index ${name}: ${action} done`);
    else this.#logger.warn(`Index ${name}: ${action} ${outcome}: ${reason ?? 'no reason given'}`);
  }

  #reportChange(missing: readonly string[]): void {
    const before = this.#state.missingUnique.join(', ');
    const now = missing.join(', ');
    if (now === before) return;
    if (now === '') this.#logger.log('Every required unique index is there');
    else this.#logger.error(`Required unique indexes are missing: ${now}; plan and apply the indexes`);
  }
}

const NOT_LISTED = 'the database user may not list indexes';

function namesOfUnenforced(plans: readonly CollectionPlan[]): string[] {
  return plans.flatMap(({ collection, unenforced }) => unenforced.map(({ name }) => `${collection}.${name}`));
}
