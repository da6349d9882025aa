import type { Model, mongo, QueryFilter, UpdateQuery } from 'mongoose';
import { FilterInvalidError, VersionConflictError } from '../errors/database.error.ts';
import { matchesEverything, type WriteExplanation } from './model-plan.ts';
import type { ConditionalOptions, ManyOptions, OperationOptions, Stored } from './operation-options.ts';
import { ReadRepository } from './read.repository.ts';

/**
 * Typed access to one collection through its Mongoose schema, at the speed of the driver: what is written is cast, given its defaults,
 * validated and stamped by functions that are compiled from the schema once. Where a schema uses what only Mongoose does, such as
 * middleware, its documents go through Mongoose; {@link explain} tells.
 *
 * Every write keeps timestamps and the version. Every call fails with an error of the {@link DatabaseError} family. Subclasses add
 * methods named after the question.
 */
export abstract class MongoRepository<T> extends ReadRepository<T> {
  /** How documents are written, and if through Mongoose, why. */
  explain(): WriteExplanation {
    return this.plan.explanation;
  }

  /**
   * Casts, applies defaults, validates and stores one document. Its `_id` is made here, so that a repeated call after an unclear
   * outcome can carry the same one.
   *
   * @returns The document as stored
   * @throws {@link DocumentInvalidError} {@link DuplicateKeyError} {@link DatabaseUnavailableError}
   */
  async insert(document: Partial<T>, options: OperationOptions = {}): Promise<Stored<T>> {
    const { writer } = this.plan;
    return this.run(async () => {
      const driverOptions = this.driverOptions(options);
      if (writer === undefined) {
        const created = await new this.connectedModel(document).save(driverOptions);
        return created.toObject<Stored<T>>();
      }
      const stored = writer.write(document, new Date());
      await this.collection.insertOne(stored, driverOptions);
      return stored as Stored<T>;
    });
  }

  /**
   * @returns Whether the document was there
   * @throws {@link VersionConflictError} When it is there with another version than `expectedVersion`
   */
  async updateById(
    id: string | mongo.ObjectId,
    update: UpdateQuery<T>,
    options: ConditionalOptions = {},
  ): Promise<boolean> {
    return this.updateFirst({ _id: id }, update, options);
  }

  /** Changes the first document that matches; as {@link updateById}. */
  async updateOne(
    filter: QueryFilter<T>,
    update: UpdateQuery<T>,
    options: ConditionalOptions = {},
  ): Promise<boolean> {
    return this.updateFirst(filter, update, options);
  }

  /**
   * @returns Number of documents that matched
   * @throws {@link FilterInvalidError} When the filter matches every document and `all` is not set
   */
  async updateMany(
    filter: QueryFilter<T>,
    update: UpdateQuery<T>,
    options: ManyOptions = {},
  ): Promise<number> {
    const query = this.toBoundedFilter(filter, options);
    return this.run(async () => {
      const { matchedCount } = await this.sendUpdate('updateMany', query, update, options);
      return matchedCount;
    });
  }

  /**
   * @returns Whether the document was there
   * @throws {@link VersionConflictError} When it is there with another version than `expectedVersion`
   */
  async deleteById(id: string | mongo.ObjectId, options: ConditionalOptions = {}): Promise<boolean> {
    return this.deleteFirst({ _id: id }, options);
  }

  /** Deletes the first document that matches; as {@link deleteById}. */
  async deleteOne(filter: QueryFilter<T>, options: ConditionalOptions = {}): Promise<boolean> {
    return this.deleteFirst(filter, options);
  }

  /**
   * @returns Number of documents deleted
   * @throws {@link FilterInvalidError} When the filter matches every document and `all` is not set
   */
  async deleteMany(filter: QueryFilter<T>, options: ManyOptions = {}): Promise<number> {
    const query = this.toBoundedFilter(filter, options);
    return this.run(async () => {
      const target = this.plan.writer ? this.collection : this.connectedModel;
      const { deletedCount } = await target.deleteMany(query, this.driverOptions(options));
      return deletedCount;
    });
  }

  private async updateFirst(
    filter: object,
    update: UpdateQuery<T>,
    options: ConditionalOptions,
  ): Promise<boolean> {
    const query = this.plan.toFilter(filter);
    return this.run(async () => {
      const conditional = this.withVersion(query, options);
      const { matchedCount } = await this.sendUpdate('updateOne', conditional, update, options);
      return matchedCount > 0 || this.isAbsent(query, options);
    });
  }

  /** Where the schema needs Mongoose, its middleware and validators run; the version is kept all the same. */
  private async sendUpdate(
    operation: 'updateOne' | 'updateMany',
    query: mongo.Document,
    update: UpdateQuery<T>,
    options: OperationOptions,
  ): Promise<{ matchedCount: number }> {
    const driverOptions = this.driverOptions(options);
    const { writer, versionKey } = this.plan;
    if (writer)
      return this.collection[operation](query, this.plan.toUpdate(update, { at: new Date() }), driverOptions);
    const increments: object = update.$inc ?? {};
    const versioned =
      versionKey === undefined ? update : { ...update, $inc: { ...increments, [versionKey]: 1 } };
    const checks = { runValidators: true, strict: 'throw' } as const;
    return this.connectedModel[operation](query, versioned, {
      ...driverOptions,
      ...checks,
    }).exec();
  }

  /** Fails with the cause, such as a wrong password, where Mongoose would only say that it is not connected. */
  private get connectedModel(): Model<T> {
    void this.collection;
    return this.model;
  }

  private async deleteFirst(filter: object, options: ConditionalOptions): Promise<boolean> {
    const query = this.plan.toFilter(filter);
    return this.run(async () => {
      const target = this.plan.writer ? this.collection : this.connectedModel;
      const { deletedCount } = await target.deleteOne(
        this.withVersion(query, options),
        this.driverOptions(options),
      );
      return deletedCount > 0 || this.isAbsent(query, options);
    });
  }

  private withVersion(query: mongo.Document, { expectedVersion }: ConditionalOptions): mongo.Document {
    if (expectedVersion === undefined) return query;
    const { versionKey } = this.plan;
    if (versionKey === undefined) throw new TypeError(`${this.model.modelName} has no version key`);
    return { $and: [query, { [versionKey]: expectedVersion }] };
  }

  /**
   * After a conditional write that matched nothing.
   *
   * @returns `false`, that is "was not there"
   * @throws {@link VersionConflictError} When only the version differs
   */
  private async isAbsent(
    query: mongo.Document,
    { expectedVersion, ...options }: ConditionalOptions,
  ): Promise<false> {
    if (expectedVersion === undefined) return false;
    const isThere = await this.collection.findOne(query, {
      ...this.driverOptions(options),
      projection: { _id: 1 },
    });
    if (isThere) throw new VersionConflictError();
    return false;
  }

  private toBoundedFilter(filter: QueryFilter<T>, { all = false }: ManyOptions): mongo.Document {
    const query = this.plan.toFilter(filter);
    if (all || !matchesEverything(query)) return query;
    const message = 'it matches every document: add a condition, or say { all: true }';
    throw new FilterInvalidError([{ path: '', message }]);
  }
}
