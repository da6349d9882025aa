import type { mongo } from 'mongoose';
import type { DriverOptions } from './operation-options.ts';

/** With what an update of a repository is sent. */
export interface UpdateRequest {
  /** Cast already. */
  query: mongo.Document;
  /** As the caller gave it. */
  update: object;
  arrayFilters?: readonly object[] | undefined;
  options: DriverOptions;
}

/** The ways of writing the documents of one model: compiled functions and the driver, or Mongoose. */
export interface DocumentWrites {
  /** @returns The document as stored */
  insert(document: object, options: DriverOptions): Promise<mongo.Document>;
  /** @returns Number of documents that matched */
  update(operation: 'updateMany' | 'updateOne', request: UpdateRequest): Promise<number>;
  /** @returns The document as it is afterwards, or `null` when none matched */
  updateAndRead(request: UpdateRequest): Promise<mongo.Document | null>;
  upsert(request: UpdateRequest): Promise<{ document: mongo.Document; isInserted: boolean }>;
  /** @returns The document as it is afterwards, or `null` when none matched */
  replace(query: mongo.Document, document: object, options: DriverOptions): Promise<mongo.Document | null>;
  /** @returns Number of documents deleted */
  delete(
    operation: 'deleteMany' | 'deleteOne',
    query: mongo.Document,
    options: DriverOptions,
  ): Promise<number>;
}
