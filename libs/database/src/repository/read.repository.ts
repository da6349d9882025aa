import type { Model, mongo, QueryFilter } from 'mongoose';
import type { DatabaseConnection } from '../connection/database-connection.ts';
import { DocumentNotFoundError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { CoalescedReads } from './coalesced-reads.ts';
import { ModelPlan } from './model-plan.ts';
import {
  isPlain,
  toDriverOptions,
  type FindOptions,
  type OperationOptions,
  type Stored,
} from './operation-options.ts';

const DEFAULT_LIMIT = 100;

/**
 * Reads one collection. Filters are cast by the schema and cannot widen: an unknown field, `undefined` and an operator that the code
 * did not mark with Mongoose's `trusted()` are errors. Documents come as plain objects.
 */
export abstract class ReadRepository<T> {
  protected readonly plan: ModelPlan;
  private readonly coalesced: CoalescedReads;
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
      maxTimeMs: connection.maxTimeMs,
    });
  }

  /**
   * Calls of one turn of the event loop become one query, unless they are in a session or bring options.
   *
   * @returns The document, or `null` when there is none
   * @throws {@link FilterInvalidError} When `id` is not an id of this collection
   */
  async findById(id: string | mongo.ObjectId, options: OperationOptions = {}): Promise<Stored<T> | null> {
    const { _id } = this.plan.toFilter({ _id: id });
    const found = isPlain(options)
      ? this.run(async () => this.coalesced.load(_id))
      : this.run(async () => this.collection.findOne({ _id }, this.driverOptions(options)));
    return (await found) as Stored<T> | null;
  }

  /** @throws {@link DocumentNotFoundError} When there is none */
  async getById(id: string | mongo.ObjectId, options: OperationOptions = {}): Promise<Stored<T>> {
    const found = await this.findById(id, options);
    if (found === null) throw new DocumentNotFoundError();
    return found;
  }

  async findOne(filter: QueryFilter<T>, options: OperationOptions = {}): Promise<Stored<T> | null> {
    const query = this.plan.toFilter(filter);
    const found = this.run(async () => this.collection.findOne(query, this.driverOptions(options)));
    return (await found) as Stored<T> | null;
  }

  /** @returns Plain objects, at most `limit` of them; `[]` when nothing matches */
  async find(filter: QueryFilter<T>, options: FindOptions = {}): Promise<Stored<T>[]> {
    const query = this.plan.toFilter(filter);
    const { limit = DEFAULT_LIMIT, sort = {} } = options;
    // For the server 0 means no limit.
    if (limit === 0) return [];
    const found = this.run(async () =>
      this.collection
        .find(query, { ...this.driverOptions(options), limit, sort: sort as mongo.Sort })
        .toArray(),
    );
    return (await found) as unknown as Stored<T>[];
  }

  /**
   * Reads any number of documents one by one, in batches of the server, at the pace of the caller. Leaving the loop frees the cursor.
   *
   * @param options - `limit`: none unless given
   */
  async *stream(
    filter: QueryFilter<T>,
    options: FindOptions = {},
  ): AsyncGenerator<Stored<T>, void, undefined> {
    const query = this.plan.toFilter(filter);
    const { limit, sort = {} } = options;
    if (limit === 0) return;
    const paging = { sort: sort as mongo.Sort, ...(limit !== undefined && { limit }) };
    try {
      const cursor = this.collection.find(query, { ...this.driverOptions(options), ...paging });
      for await (const document of cursor) yield document as unknown as Stored<T>;
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  async count(filter: QueryFilter<T>, options: OperationOptions = {}): Promise<number> {
    const query = this.plan.toFilter(filter);
    return this.run(async () => this.collection.countDocuments(query, this.driverOptions(options)));
  }

  /** Number of documents by the collection's metadata: one small read, inexact after a crash and on sharded clusters. */
  async estimatedCount(options: OperationOptions = {}): Promise<number> {
    return this.run(async () => this.collection.estimatedDocumentCount(this.driverOptions(options)));
  }

  async exists(filter: QueryFilter<T>, options: OperationOptions = {}): Promise<boolean> {
    const query = this.plan.toFilter(filter);
    const projection = { _id: 1 };
    const found = this.run(async () =>
      this.collection.findOne(query, { ...this.driverOptions(options), projection }),
    );
    return (await found) !== null;
  }

  /** @returns Each value of the field once, the elements of arrays one by one */
  async distinct(
    field: keyof T & string,
    filter: QueryFilter<T>,
    options: OperationOptions = {},
  ): Promise<unknown[]> {
    const query = this.plan.toFilter(filter);
    return this.run(async () => this.collection.distinct(field, query, this.driverOptions(options)));
  }

  /** For subclasses: the pipeline is sent as it is, so nothing from outside may become a part of it. */
  protected async aggregate<R>(pipeline: mongo.Document[], options: OperationOptions = {}): Promise<R[]> {
    return this.run(
      async () => (await this.collection.aggregate(pipeline, this.driverOptions(options)).toArray()) as R[],
    );
  }

  /** @throws {@link DatabaseUnavailableError} Before the first connection, with its cause */
  protected get collection(): mongo.Collection {
    const { db } = this.connection;
    if (this.cached?.db !== db)
      this.cached = { db, collection: db.collection(this.model.collection.collectionName) };
    return this.cached.collection;
  }

  protected driverOptions(options: OperationOptions): ReturnType<typeof toDriverOptions> {
    return toDriverOptions(options, this.connection.maxTimeMs);
  }

  /** Runs one operation and names its error. */
  protected async run<R>(operation: () => Promise<R>): Promise<R> {
    try {
      return await operation();
    } catch (error) {
      throw toDatabaseError(error);
    }
  }
}
