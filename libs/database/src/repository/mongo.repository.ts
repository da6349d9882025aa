import type { Model, mongo } from 'mongoose';
import type { BulkOperation } from '../bulk/bulk-operation.ts';
import type { BulkReport } from '../bulk/bulk-report.ts';
import type { BulkOptions } from '../bulk/bulk-run.ts';
import { bulk } from '../bulk/bulk.ts';
import { insertMany } from '../bulk/insert-many.ts';
import type { DatabaseConnection } from '../connection/database-connection.ts';
import { DuplicateKeyError, FilterInvalidError, VersionConflictError } from '../errors/database.error.ts';
import { named } from '../errors/named.ts';
import { withoutRepeats } from '../schema/upsert-filter.ts';
import { currentSession } from '../transactions/transaction.ts';
import { toBulkTarget, type BulkAccess } from './bulk-target.ts';
import { CompiledWrites } from './compiled-writes.ts';
import type { Filter, Id, Stored, Update } from './document-types.ts';
import type { UpdateRequest } from './document-writes.ts';
import type { WriteExplanation } from './model-plan.ts';
import { removeHidden } from './hidden-fields.ts';
import { ModelWrites } from './model-writes.ts';
import { MongooseWrites } from './mongoose-writes.ts';
import type {
  ConditionalOptions,
  ManyOptions,
  OperationOptions,
  Permanently,
  ReadOptions,
  UpdateOptions,
  Upserted,
} from './operation-options.ts';
import { ReadRepository } from './read.repository.ts';

/** How many documents a write is about. */
type How = 'Many' | 'One';

/**
 * Typed access to one collection through its Mongoose schema, at the speed of the driver: what is written is cast, given its defaults,
 * validated and stamped by functions that are compiled from the schema once. Where a schema uses what only Mongoose does, such as
 * middleware, its documents go through Mongoose; {@link explain} tells.
 *
 * Every write keeps timestamps and the version. Every call fails with an error of the {@link DatabaseError} family. Subclasses add
 * methods named after the question.
 */
export abstract class MongoRepository<T> extends ReadRepository<T> {
  private readonly writes: ModelWrites;

  /**
   * @param model - Registered by `DatabaseModule.forFeature`
   * @param connection - The one of the process
   * @throws {TypeError} When the schema has hooks that would never run (of reads, of `insertMany`), or marks that cannot hold
   */
  constructor(model: Model<T>, connection: DatabaseConnection) {
    super(model, connection);
    const { plan } = this;
    const compiled = plan.writer && new CompiledWrites(plan, plan.writer, () => this.collection);
    this.writes = new ModelWrites(plan, compiled, new MongooseWrites(plan, () => this.connectedModel));
  }

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
    const claimed = this.plan.visibility.claim(document);
    const insert = async () =>
      this.writes.through(async (writes) => writes.insert(claimed, this.driverOptions(options)));
    return (await this.run(insert, options)) as Stored<T>;
  }

  /**
   * Inserts any number of documents, each as by {@link insert}, in few large commands and at the pace of the database. Nothing is kept of
   * a stream, which may be of any length.
   *
   * @param documents - Left as they are
   * @returns What was inserted and, with `ordered: false`, what was refused and why
   * @throws {@link BulkWriteError} With the report so far: at the first document that is refused when ordered; when the database goes
   * away, the signal is aborted or the input throws
   */
  async insertMany(
    documents: AsyncIterable<Partial<T>> | Iterable<Partial<T>>,
    options: BulkOptions = {},
  ): Promise<BulkReport> {
    return named(async () => insertMany(toBulkTarget(this, this.access), documents, options));
  }

  /**
   * Does any number of inserts, updates, replacements and deletions in few commands, each as by the method of its name.
   *
   * @returns What was done and, with `ordered: false`, what was refused and why; to match nothing is no failure
   * @throws {@link BulkWriteError} As {@link insertMany}
   */
  async bulk(
    operations: AsyncIterable<BulkOperation<T>> | Iterable<BulkOperation<T>>,
    options: BulkOptions = {},
  ): Promise<BulkReport> {
    return named(async () => bulk(toBulkTarget(this, this.access), operations, options));
  }

  /**
   * @returns Whether the document was there
   * @throws {@link VersionConflictError} When it is there with another version than `expectedVersion`
   * @throws {@link FilterInvalidError} When there is nothing to change, or a field must not change
   */
  async updateById(
    id: Id<T>,
    update: Update<T>,
    options: ConditionalOptions & UpdateOptions = {},
  ): Promise<boolean> {
    return this.updateFirst({ _id: id }, update, options);
  }

  /** Changes the first document that matches; as {@link updateById}. */
  async updateOne(
    filter: Filter<T>,
    update: Update<T>,
    options: ConditionalOptions & UpdateOptions = {},
  ): Promise<boolean> {
    return this.updateFirst(filter, update, options);
  }

  /**
   * As {@link updateById}, and reads the result in the same step.
   *
   * @returns The document as it is afterwards, or `null` when it was not there
   */
  async findByIdAndUpdate(
    id: Id<T>,
    update: Update<T>,
    options: ConditionalOptions & UpdateOptions = {},
  ): Promise<Stored<T> | null> {
    const query = this.toQuery({ _id: id }, options);
    return this.run(async () => {
      const request = this.toRequest(this.withVersion(query, options), update, options);
      const changed = await this.writes.through(async (writes) => writes.updateAndRead(request));
      if (changed === null) await this.throwIfThere(query, options);
      return this.seen(changed, options) as Stored<T> | null;
    }, options);
  }

  /**
   * @returns Number of documents that matched
   * @throws {@link FilterInvalidError} When the filter matches every document and `all` is not set
   */
  async updateMany(
    filter: Filter<T>,
    update: Update<T>,
    options: ManyOptions & UpdateOptions = {},
  ): Promise<number> {
    const query = this.toBoundedQuery(filter, options);
    return this.run(async () => this.sendUpdate('Many', query, update, options), options);
  }

  /**
   * Changes the first document that matches, or inserts one of the values that the filter asks to be equal, the update and the defaults
   * of the schema. Safe among several callers where a unique index covers the filter.
   *
   * @throws {@link DocumentInvalidError} When what would be inserted breaks the schema
   */
  async upsert(filter: Filter<T>, update: Update<T>, options: UpdateOptions = {}): Promise<Upserted<T>> {
    const query = withoutRepeats(this.toQuery(filter, options));
    const upsert = async (): Promise<Upserted<T>> =>
      this.run(async () => {
        const request = this.toRequest(query, update, options);
        const upserted = await this.writes.through(async (writes) => writes.upsert(request));
        this.seen(upserted.document, options);
        return upserted as Upserted<T>;
      }, options);
    try {
      return await upsert();
    } catch (error) {
      // Another caller has just inserted it; in a transaction the first error has ended all.
      const isOvertaken =
        error instanceof DuplicateKeyError && (options.session ?? currentSession()) === undefined;
      if (isOvertaken) return upsert();
      throw error;
    }
  }

  /**
   * Puts `document` in the place of the stored one, in one step. The time of creation, immutable fields and the `_id` stay, the version
   * moves on; fields that `document` does not have get their defaults or go.
   *
   * @returns The document as it is afterwards, or `null` when it was not there
   * @throws {@link VersionConflictError} When it is there with another version than `expectedVersion`
   */
  async replaceById(
    id: Id<T>,
    document: Partial<T>,
    options: ConditionalOptions = {},
  ): Promise<Stored<T> | null> {
    const query = this.toQuery({ _id: id }, options);
    const claimed = this.plan.visibility.claim({ ...this.plan.withoutOwn(document), _id: id });
    return this.run(async () => {
      const conditional = this.withVersion(query, options);
      const replaced = await this.writes.through(async (writes) =>
        writes.replace(conditional, claimed, this.driverOptions(options)),
      );
      if (replaced === null) await this.throwIfThere(query, options);
      return this.seen(replaced, options) as Stored<T> | null;
    }, options);
  }

  /**
   * Deletes a document: softly where the schema has a field with the option `softDelete`.
   *
   * @returns Whether the document was there
   * @throws {@link VersionConflictError} When it is there with another version than `expectedVersion`
   */
  async deleteById(id: Id<T>, options: ConditionalOptions & Permanently = {}): Promise<boolean> {
    return this.deleteFirst({ _id: id }, options);
  }

  /** Deletes the first document that matches; as {@link deleteById}. */
  async deleteOne(filter: Filter<T>, options: ConditionalOptions & Permanently = {}): Promise<boolean> {
    return this.deleteFirst(filter, options);
  }

  /**
   * @returns Number of documents deleted
   * @throws {@link FilterInvalidError} When the filter matches every document and `all` is not set
   */
  async deleteMany(filter: Filter<T>, options: ManyOptions & Permanently = {}): Promise<number> {
    const query = this.toBoundedQuery(filter, this.reaching(options));
    return this.run(async () => this.sendDelete('Many', query, options), options);
  }

  /**
   * Takes back a soft deletion.
   *
   * @returns Whether the document was there and deleted
   * @throws {TypeError} When the schema deletes for good
   */
  async restoreById(id: Id<T>, options: ConditionalOptions = {}): Promise<boolean> {
    const { deletedPath } = this.plan.visibility;
    if (deletedPath === undefined) throw new TypeError(`${this.model.modelName} is not deleted softly`);
    const all = { ...options, withDeleted: true };
    const query = { $and: [this.toQuery({ _id: id }, all), { [deletedPath]: { $ne: null } }] };
    return this.changeFirst(query, { $unset: { [deletedPath]: true } }, all);
  }

  /** Without the fields that the schema hides, as reads give it. */
  private seen(document: mongo.Document | null, { withHidden }: UpdateOptions): mongo.Document | null {
    if (document !== null && this.hidden !== undefined && !withHidden) removeHidden(document, this.hidden);
    return document;
  }

  private get access(): BulkAccess {
    return {
      plan: this.plan,
      collection: () => this.collection,
      driverOptions: (options) => this.driverOptions(options),
    };
  }

  private async updateFirst(
    filter: object,
    update: Update<T>,
    options: ConditionalOptions & UpdateOptions,
  ): Promise<boolean> {
    return this.changeFirst(this.toQuery(filter, options), update, options);
  }

  private async changeFirst(
    query: mongo.Document,
    update: object,
    options: ConditionalOptions & UpdateOptions,
  ): Promise<boolean> {
    return this.run(async () => {
      const matched = await this.sendUpdate('One', this.withVersion(query, options), update, options);
      if (matched === 0) await this.throwIfThere(query, options);
      return matched > 0;
    }, options);
  }

  private async deleteFirst(filter: object, options: ConditionalOptions & Permanently): Promise<boolean> {
    const query = this.toQuery(filter, this.reaching(options));
    return this.run(async () => {
      const deleted = await this.sendDelete('One', this.withVersion(query, options), options);
      if (deleted === 0) await this.throwIfThere(query, options);
      return deleted > 0;
    }, options);
  }

  private async sendUpdate(
    how: How,
    query: mongo.Document,
    update: object,
    options: UpdateOptions,
  ): Promise<number> {
    const request = this.toRequest(query, update, options);
    return this.writes.through(async (writes) => writes.update(`update${how}`, request));
  }

  private async sendDelete(
    how: How,
    query: mongo.Document,
    options: OperationOptions & Permanently,
  ): Promise<number> {
    const { deletedPath } = this.plan.visibility;
    if (deletedPath === undefined || options.permanently === true)
      return this.writes.through(async (writes) =>
        writes.delete(`delete${how}`, query, this.driverOptions(options)),
      );
    return this.sendUpdate(how, query, { [deletedPath]: new Date() }, options);
  }

  /** What is removed for good may have been deleted softly before. */
  private reaching<O extends Permanently & ReadOptions>(options: O): O {
    return options.permanently === true ? { ...options, withDeleted: true } : options;
  }

  private toRequest(
    query: mongo.Document,
    update: object,
    { arrayFilters, ...options }: UpdateOptions,
  ): UpdateRequest {
    return { query, update, arrayFilters, options: this.driverOptions(options) };
  }

  /** Fails with the cause, such as a wrong password, where Mongoose would only say that it is not connected. */
  private get connectedModel(): Model<unknown> {
    void this.collection;
    return this.model as unknown as Model<unknown>;
  }

  private withVersion(query: mongo.Document, { expectedVersion }: ConditionalOptions): mongo.Document {
    if (expectedVersion === undefined) return query;
    const { versionKey } = this.plan;
    if (versionKey === undefined) throw new TypeError(`${this.model.modelName} has no version key`);
    const message = 'must be a whole number';
    if (!Number.isSafeInteger(expectedVersion)) throw new FilterInvalidError([{ path: versionKey, message }]);
    return { $and: [query, { [versionKey]: expectedVersion }] };
  }

  /**
   * After a conditional write that matched nothing.
   *
   * @throws {@link VersionConflictError} When only the version differs
   */
  private async throwIfThere(
    query: mongo.Document,
    { expectedVersion, ...options }: ConditionalOptions,
  ): Promise<void> {
    if (expectedVersion === undefined) return;
    const driverOptions = { ...this.driverOptions(options), projection: { _id: 1 } };
    if (await this.collection.findOne(query, driverOptions)) throw new VersionConflictError();
  }
}
