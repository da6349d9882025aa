import type { Model, mongo } from 'mongoose';
import type { DatabaseConnection } from '../connection/database-connection.ts';
import { DocumentNotFoundError, FilterInvalidError } from '../errors/database.error.ts';
import { named } from '../errors/named.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { cursorCodecOf } from '../page/cursor-key.ts';
import { readPage } from '../page/read-page.ts';
import { currentSession } from '../transactions/transaction.ts';
import type { ChangeEvent } from '../watch/change-event.ts';
import { watch, type WatchOptions } from '../watch/watch.ts';
import { CoalescedReads } from './coalesced-reads.ts';
import type { Distinct, Filter, Id, Stored } from './document-types.ts';
import { hiddenFields } from './hidden-fields.ts';
import { matchesEverything, ModelPlan } from './model-plan.ts';
import {
  checkLimit,
  GRACE_MS,
  isJoinable,
  toDriverOptions,
  type DriverOptions,
  type FindOptions,
  type OperationOptions,
  type PageOptions,
  type ReadOptions,
  type StoredPage,
} from './operation-options.ts';
import { retryLostRead } from './read-retry.ts';
import { withinLimits } from './within-limits.ts';

const DEFAULT_LIMIT = 100;
const DEFAULT_PAGE_LIMIT = 20;
/**
 * The server would send 16 MB at a time, and the driver keeps what it has parsed of a batch until its end: hundreds of megabytes of small
 * documents.
 */
const STREAM_BATCH_SIZE = 200;
/** Stages that have to be the first of a pipeline, in front of which no condition can stand. */
const FIRST_STAGES = [
  '$changeStream',
  '$collStats',
  '$geoNear',
  '$indexStats',
  '$search',
  '$searchMeta',
  '$vectorSearch',
];
const WRITING_STAGES = ['$merge', '$out'];

/**
 * Reads one collection. Filters are cast by the schema and cannot widen: an unknown field, `undefined` and an operator that the code
 * did not mark with Mongoose's `trusted()` are errors. Documents come as plain objects.
 *
 * Where the schema has a field with the option `scope` or `softDelete`, each read keeps to the documents that it may see.
 */
export abstract class ReadRepository<T> {
  protected readonly plan: ModelPlan;
  private readonly coalesced: CoalescedReads;
  protected readonly hidden: mongo.Document | undefined;
  private cached: { db: mongo.Db; collection: mongo.Collection } | undefined;

  /**
   * @param model - Registered by `DatabaseModule.forFeature`
   * @param connection - The one of the process
   */
  constructor(
    protected readonly model: Model<T>,
    protected readonly connection: DatabaseConnection,
  ) {
    this.plan = new ModelPlan(model.schema);
    this.coalesced = new CoalescedReads({
      collection: () => this.collection,
      options: () => this.readOptions({}),
      read: async (operation) => this.read(operation, {}),
    });
    this.hidden = hiddenFields(model.schema);
  }

  /**
   * Calls of one turn of the event loop become one query, unless they are in a session or bring a time limit or a comment.
   *
   * @returns The document, or `null` when there is none
   * @throws {@link FilterInvalidError} When `id` is not an id of this collection
   */
  async findById(id: Id<T>, options: ReadOptions = {}): Promise<Stored<T> | null> {
    const { _id } = this.plan.toFilter({ _id: id });
    const { visibility } = this.plan;
    // Before it is known whether there is such a document.
    if (!visibility.isOpen) visibility.conditions(options);
    const found = isJoinable(options)
      ? await this.join(_id, options)
      : await this.read(async () => this.collection.findOne({ _id }, this.readOptions(options)), options);
    return found === null || visibility.isOpen || visibility.admits(found, options)
      ? (found as Stored<T> | null)
      : null;
  }

  /** @throws {@link DocumentNotFoundError} When there is none */
  async getById(id: Id<T>, options: ReadOptions = {}): Promise<Stored<T>> {
    const found = await this.findById(id, options);
    if (found === null) throw new DocumentNotFoundError();
    return found;
  }

  /** @returns The first document that matches, in the order of `sort`, or `null` */
  async findOne(
    filter: Filter<T>,
    options: Pick<FindOptions, 'sort'> & ReadOptions = {},
  ): Promise<Stored<T> | null> {
    const query = this.toQuery(filter, options);
    const driverOptions = this.sorted(options);
    const found = this.read(async () => this.collection.findOne(query, driverOptions), options);
    return (await found) as Stored<T> | null;
  }

  /** @returns Plain objects, at most `limit` of them; `[]` when nothing matches */
  async find(filter: Filter<T>, options: FindOptions = {}): Promise<Stored<T>[]> {
    const query = this.toQuery(filter, options);
    const { limit = DEFAULT_LIMIT } = options;
    // For the server 0 means no limit.
    if (checkLimit(limit) === 0) return [];
    const driverOptions = { ...this.sorted(options), limit };
    const found = this.read(async () => this.collection.find(query, driverOptions).toArray(), options);
    return (await found) as unknown as Stored<T>[];
  }

  /**
   * Reads one page by keyset, behind the last document of the page before and not after so many: it costs the same on every page, and
   * inserts and deletes between two pages make no document come twice or be left out. Sort by fields with an index and one value each.
   *
   * @returns `next` and `previous` are opaque cursors, `null` where there is no such page
   * @throws {@link CursorInvalidError} When the cursor was changed, or filter or sort are not those that it was given out for
   * @throws {@link PageSortError} When a sort field holds an array
   * @see https://www.mongodb.com/docs/manual/reference/method/cursor.skip/ (why not by skipping)
   */
  async findPage(filter: Filter<T>, options: PageOptions = {}): Promise<StoredPage<T>> {
    const query = this.toQuery(filter, options);
    const { limit = DEFAULT_PAGE_LIMIT, sort = {}, cursor, count = 'none', boundTo } = options;
    const page = this.read(
      async () =>
        readPage({
          collection: this.collection,
          filter: query,
          sort: this.plan.toSort(sort),
          limit,
          cursor,
          count,
          ...(boundTo !== undefined && { boundTo }),
          codec: await cursorCodecOf(this.connection),
          options: this.readOptions(options),
        }),
      options,
    );
    return (await page) as unknown as StoredPage<T>;
  }

  /**
   * Reads any number of documents one by one, in batches of the server, at the pace of the caller. Leaving the loop frees the cursor.
   *
   * @param options - `limit`: none unless given; `maxTimeMs`: what the server may work on all batches together, without limit unless given
   * @throws {@link FilterInvalidError} At once, the errors of the database in the loop
   */
  stream(filter: Filter<T>, options: FindOptions = {}): AsyncGenerator<Stored<T>, void, undefined> {
    // Not in the loop: that may run in another scope or transaction.
    const query = this.toQuery(filter, options);
    const { limit, maxTimeMs } = options;
    const paging = { batchSize: STREAM_BATCH_SIZE, ...(limit !== undefined && { limit: checkLimit(limit) }) };
    const { maxTimeMS, ...driverOptions } = this.sorted(options);
    const limits = maxTimeMs === undefined ? {} : { maxTimeMS };
    return this.readAll(query, { ...driverOptions, ...limits, ...paging });
  }

  /** @returns Number of documents that match; all of them are read */
  async count(filter: Filter<T>, options: ReadOptions = {}): Promise<number> {
    const query = this.toQuery(filter, options);
    return this.read(async () => this.collection.countDocuments(query, this.queryOptions(options)), options);
  }

  /**
   * Number of documents by the collection's metadata: one small read, inexact after a crash and on sharded clusters, and of no
   * transaction. Counted where a call may not see every document.
   */
  async estimatedCount(options: ReadOptions = {}): Promise<number> {
    if (!this.plan.visibility.isOpen) return this.count({}, options);
    const { session: _ofNoUse, ...driverOptions } = this.driverOptions(options);
    return this.read(async () => this.collection.estimatedDocumentCount(driverOptions), options);
  }

  async exists(filter: Filter<T>, options: ReadOptions = {}): Promise<boolean> {
    const query = this.toQuery(filter, options);
    const driverOptions = { ...this.queryOptions(options), projection: { _id: 1 } };
    return (await this.read(async () => this.collection.findOne(query, driverOptions), options)) !== null;
  }

  /** @returns Each value of the field once, the elements of arrays one by one */
  async distinct<K extends keyof Stored<T> & string>(
    field: K,
    filter: Filter<T>,
    options: ReadOptions = {},
  ): Promise<Distinct<Stored<T>[K]>[]> {
    const query = this.toQuery(filter, options);
    const path = this.plan.toPath(field);
    const distinct = async (): Promise<unknown[]> =>
      this.collection.distinct(path, query, this.queryOptions(options));
    return (await this.read(distinct, options)) as Distinct<Stored<T>[K]>[];
  }

  /**
   * Follows what happens to the documents: each change once and in order, over restarts and failovers. Ends with the signal, or when
   * the loop is left.
   *
   * @throws {@link ChangeStreamLostError} When the changes since the token are gone, or the collection was dropped or renamed
   * @throws {@link ChangeStreamUnsupportedError} On a standalone server
   * @throws {@link FilterInvalidError} In a scope: what is deleted does not tell whose it was, so watch in `acrossScopes`
   */
  watch(options: WatchOptions = {}): AsyncGenerator<ChangeEvent<Stored<T>>, void, void> {
    this.plan.visibility.checkWatch();
    return watch(() => this.collection as unknown as mongo.Collection<Stored<T> & mongo.Document>, options);
  }

  /**
   * For subclasses: the pipeline is sent as it is, so nothing from outside may become a part of it. It sees the documents that the call
   * may see, with the fields that the schema hides; the collections that it joins are seen whole.
   *
   * @throws {TypeError} When the schema has a scope or deletes softly and the pipeline begins with a stage that has to be the first
   */
  protected async aggregate<R>(pipeline: mongo.Document[], options: ReadOptions = {}): Promise<R[]> {
    const stages = this.narrowPipeline(pipeline, options);
    const aggregate = async (): Promise<R[]> =>
      (await this.collection.aggregate(stages, this.queryOptions(options)).toArray()) as R[];
    const [last = ''] = Object.keys(pipeline.at(-1) ?? {});
    // What writes is not done twice.
    return WRITING_STAGES.includes(last) ? this.run(aggregate, options) : this.read(aggregate, options);
  }

  /** @throws {@link DatabaseUnavailableError} Before the first connection, with its cause */
  protected get collection(): mongo.Collection {
    const { db } = this.connection;
    if (this.cached?.db !== db)
      this.cached = { db, collection: db.collection(this.model.collection.collectionName) };
    return this.cached.collection;
  }

  /** Casts a filter and narrows it to what the call may see. */
  protected toQuery(filter: object, options: ReadOptions): mongo.Document {
    return this.plan.visibility.narrow(this.plan.toFilter(filter), options);
  }

  /** As {@link toQuery}, for changes of many documents. */
  protected toBoundedQuery(filter: object, options: { all?: boolean } & ReadOptions): mongo.Document {
    const cast = this.plan.toFilter(filter);
    if (options.all !== true && matchesEverything(cast)) {
      const message = 'it matches every document: add a condition, or say { all: true }';
      throw new FilterInvalidError([{ path: '', message }]);
    }
    return this.plan.visibility.narrow(cast, options);
  }

  protected driverOptions(options: OperationOptions): DriverOptions {
    return toDriverOptions(options, this.connection.maxTimeMs);
  }

  /** As {@link driverOptions}, with the collation of the schema. */
  private queryOptions(options: OperationOptions): DriverOptions {
    const { collation } = this.model.schema.options;
    const driverOptions = this.driverOptions(options);
    return collation === undefined ? driverOptions : { ...driverOptions, collation };
  }

  /** As {@link queryOptions}, without the fields that the schema hides. */
  private readOptions(options: ReadOptions): { projection?: mongo.Document } & DriverOptions {
    const driverOptions = this.queryOptions(options);
    const isWhole = this.hidden === undefined || options.withHidden === true;
    return isWhole ? driverOptions : { ...driverOptions, projection: this.hidden };
  }

  /** Runs one operation, ends the wait for it with the signal and the time limit of the call, and names its error. */
  protected async run<R>(
    operation: () => Promise<R>,
    { signal, maxTimeMs }: OperationOptions = {},
  ): Promise<R> {
    const limitMs = (maxTimeMs ?? this.connection.callLimitMs) + GRACE_MS;
    return named(async () => withinLimits(operation, { signal, limitMs }));
  }

  /** As {@link run}, for what has no effects: a lost connection is made up for. */
  private async read<R>(operation: () => Promise<R>, options: OperationOptions): Promise<R> {
    const { session = currentSession(), signal } = options;
    const end = { ...(session && { session }), ...(signal && { signal }) };
    return this.run(async () => retryLostRead(operation, end), options);
  }

  /** The joined query has the limits of a read; the signal of one call ends the wait of that one. */
  private async join(id: mongo.Document['_id'], { signal }: ReadOptions): Promise<mongo.Document | null> {
    return signal ? withinLimits(async () => this.coalesced.load(id), { signal }) : this.coalesced.load(id);
  }

  private sorted(options: FindOptions): { sort?: mongo.Sort } & DriverOptions {
    const { sort } = options;
    const driverOptions = this.readOptions(options);
    return sort === undefined ? driverOptions : { ...driverOptions, sort: this.plan.toSort(sort) };
  }

  private narrowPipeline(pipeline: mongo.Document[], options: ReadOptions): mongo.Document[] {
    const conditions = this.plan.visibility.conditions(options);
    if (Object.keys(conditions).length === 0) return pipeline;
    const [first = {}, ...others] = pipeline;
    // A text search has to be in the first stage.
    if ('$match' in first) return [{ $match: { $and: [first.$match, conditions] } }, ...others];
    const [name = ''] = Object.keys(first);
    if (FIRST_STAGES.includes(name))
      throw new TypeError(
        `${name} has to be the first stage, and a condition comes before it: call it in acrossScopes(), { withDeleted: true } or on the base model`,
      );
    return [{ $match: conditions }, ...pipeline];
  }

  private async *readAll(
    query: mongo.Document,
    options: mongo.FindOptions,
  ): AsyncGenerator<Stored<T>, void, undefined> {
    if (options.limit === 0) return;
    try {
      for await (const document of this.collection.find(query, options)) {
        yield document as unknown as Stored<T>;
      }
    } catch (error) {
      throw toDatabaseError(error);
    }
  }
}
