import type { Model, mongo, QueryFilter, SortOrder, UpdateQuery } from 'mongoose';
import type { DatabaseConnection } from '../connection/database-connection.ts';
import { DocumentNotFoundError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';

/** A document as it is read back: plain, with its `_id`. */
export type Stored<T> = T & { _id: mongo.ObjectId };

export interface FindOptions {
  /** Documents at most; 100 unless given. */
  limit?: number;
  /** Field names with 1 or -1, as in `{ createdAt: -1 }`. */
  sort?: Record<string, SortOrder>;
}

const DEFAULT_LIMIT = 100;

/**
 * Typed access to one collection through its Mongoose schema. Reads return plain objects; reads, updates and deletes are bounded by `maxTimeMs`
 * on the server; every call fails with an error of the {@link DatabaseError} family. Subclasses add methods named after the question.
 */
export abstract class MongoRepository<T> {
  /**
   * @param model - Registered by `DatabaseModule.forFeature`
   * @param connection - The one of the process
   */
  constructor(
    protected readonly model: Model<T>,
    protected readonly connection: DatabaseConnection,
  ) {}

  /**
   * @returns The document, or `null` when there is none
   * @throws {@link FilterInvalidError} When `id` is not an id of this collection
   */
  async findById(id: string | mongo.ObjectId): Promise<Stored<T> | null> {
    return this.run(() =>
      this.model.findOne(byId<T>(id)).maxTimeMS(this.connection.maxTimeMs).lean<Stored<T> | null>().exec(),
    );
  }

  /** @throws {@link DocumentNotFoundError} When there is none */
  async getById(id: string | mongo.ObjectId): Promise<Stored<T>> {
    const found = await this.findById(id);
    if (found === null) throw new DocumentNotFoundError();
    return found;
  }

  async findOne(filter: QueryFilter<T>): Promise<Stored<T> | null> {
    return this.run(() => this.query(filter).findOne().lean<Stored<T> | null>().exec());
  }

  /** @returns Plain objects, at most `limit` of them; `[]` when nothing matches */
  async find(
    filter: QueryFilter<T>,
    { limit = DEFAULT_LIMIT, sort = {} }: FindOptions = {},
  ): Promise<Stored<T>[]> {
    // For the server 0 means no limit.
    if (limit === 0) return [];
    return this.run(() => this.query(filter).limit(limit).sort(sort).lean<Stored<T>[]>().exec());
  }

  async count(filter: QueryFilter<T>): Promise<number> {
    return this.run(() => this.query(filter).countDocuments().exec());
  }

  /** Number of documents by the collection's metadata: one small read, inexact after a crash and on sharded clusters. */
  async estimatedCount(): Promise<number> {
    return this.run(() => this.model.estimatedDocumentCount({ maxTimeMS: this.connection.maxTimeMs }).exec());
  }

  /**
   * Casts, applies defaults, validates and stores one document. Its `_id` is made here, so that a repeated call after an unclear
   * outcome can carry the same one.
   *
   * @returns The document as stored
   * @throws {@link DocumentInvalidError} {@link DuplicateKeyError} {@link DatabaseUnavailableError}
   */
  async insert(document: Partial<T>): Promise<Stored<T>> {
    return this.run(async () => {
      const created = await this.model.create(document);
      return created.toObject<Stored<T>>();
    });
  }

  /** @returns Whether the document was there */
  async updateById(id: string | mongo.ObjectId, update: UpdateQuery<T>): Promise<boolean> {
    const options = { runValidators: true, maxTimeMS: this.connection.maxTimeMs };
    const { matchedCount } = await this.run(() => this.model.updateOne(byId<T>(id), update, options).exec());
    return matchedCount > 0;
  }

  /** @returns Whether the document was there */
  async deleteById(id: string | mongo.ObjectId): Promise<boolean> {
    const { deletedCount } = await this.run(() =>
      this.model.deleteOne(byId<T>(id)).maxTimeMS(this.connection.maxTimeMs).exec(),
    );
    return deletedCount > 0;
  }

  /** Runs one operation and names its error. */
  protected async run<R>(operation: () => Promise<R>): Promise<R> {
    try {
      // Fails with the cause, such as a wrong password, where Mongoose would only say that it is not connected.
      void this.connection.db;
      return await operation();
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  private query(filter: QueryFilter<T>) {
    return this.model
      .find(filter)
      .maxTimeMS(this.connection.maxTimeMs)
      .setOptions({ strictQuery: 'throw', sanitizeFilter: false });
  }
}

/** With `$eq`, an object that came in for an id is a value to cast, not operators to run. */
function byId<T>(id: string | mongo.ObjectId): QueryFilter<T> {
  return { _id: { $eq: id } };
}
