import { Injectable } from '@nestjs/common';
import type { mongo } from 'mongoose';
import { DatabaseConnection } from './connection/database-connection.ts';
import { DocumentInvalidError, FilterInvalidError } from './errors/database.error.ts';
import { named } from './errors/named.ts';
import { checkLimit, GRACE_MS, toDriverOptions } from './repository/operation-options.ts';
import { withinLimits } from './repository/within-limits.ts';

const DEFAULT_LIMIT = 100;

/**
 * Utility functions for any collection by name, without a schema. Filters and changes come from code: what a client sent belongs
 * behind a repository, which casts it.
 */
@Injectable()
export class DocumentStore {
  constructor(private readonly connection: DatabaseConnection) {}

  /** @throws {@link DatabaseUnavailableError} Before the first connection */
  getDb(): mongo.Db {
    return this.connection.db;
  }

  /** @returns Documents as stored, in natural order, at most `limit` (100) of them */
  async findDocuments(
    collection: string,
    filter: mongo.Document = {},
    { limit = DEFAULT_LIMIT } = {},
  ): Promise<mongo.Document[]> {
    // For the server 0 means no limit.
    if (checkLimit(limit) === 0) return [];
    const options = { limit, ...this.options };
    return this.run(() => this.getDb().collection(collection).find(filter, options).toArray());
  }

  /**
   * @returns The `_id` of the new document, made here when `document` has none
   * @throws {@link DocumentInvalidError} When it is no object, or too large
   */
  async insertDocument(collection: string, document: mongo.Document): Promise<unknown> {
    if (typeof document !== 'object' || document === null || Array.isArray(document))
      throw new DocumentInvalidError([{ path: '', message: 'it must be an object' }]);
    // A copy, since the driver adds the _id to the object that it is given.
    const { insertedId } = await this.run(() =>
      this.getDb()
        .collection(collection)
        .insertOne({ ...document }, this.options),
    );
    return insertedId;
  }

  /**
   * Sets the fields of `changes` on the first document that matches.
   *
   * @returns Number of documents that matched: 0 or 1
   * @throws {@link FilterInvalidError} When `changes` is empty, or holds an update operator or `undefined`
   */
  async updateDocument(collection: string, filter: mongo.Document, changes: mongo.Document): Promise<number> {
    const fields = Object.keys(changes);
    if (fields.length === 0)
      throw new FilterInvalidError([{ path: '', message: 'there is nothing to change' }]);
    const operator = fields.find((field) => field.startsWith('$'));
    if (operator !== undefined) {
      throw new FilterInvalidError([{ path: operator, message: 'is an operator: give the fields to set' }]);
    }
    const empty = fields.find((field) => changes[field] === undefined);
    // It would be stored as null.
    if (empty !== undefined) throw new FilterInvalidError([{ path: empty, message: 'is undefined' }]);
    const { options } = this;
    const update = { $set: changes };
    const { matchedCount } = await this.run(() =>
      this.getDb().collection(collection).updateOne(filter, update, options),
    );
    return matchedCount;
  }

  /** @returns Number of documents deleted: 0 or 1 */
  async deleteDocument(collection: string, filter: mongo.Document): Promise<number> {
    const { options } = this;
    const { deletedCount } = await this.run(() =>
      this.getDb().collection(collection).deleteOne(filter, options),
    );
    return deletedCount;
  }

  /**
   * Checks that a writable server answers and that this user may read.
   *
   * @param signal - Ends the check
   * @throws {@link DatabaseUnavailableError} {@link NotPermittedError}
   */
  async testConnection(signal?: AbortSignal): Promise<void> {
    await this.connection.check(signal);
  }

  private async run<R>(operation: () => Promise<R>): Promise<R> {
    const limitMs = this.connection.callLimitMs + GRACE_MS;
    return named(async () => withinLimits(operation, { limitMs }));
  }

  /** Those of every call, with the session of the transaction around it. */
  private get options(): ReturnType<typeof toDriverOptions> {
    return toDriverOptions({}, this.connection.maxTimeMs);
  }
}
