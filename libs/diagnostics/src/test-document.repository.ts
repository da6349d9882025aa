import { DatabaseConnection, MongoRepository, type Stored } from '#database';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { TestDocument } from './test-document.schema.ts';

/** Most test documents that are ever kept. */
export const MAX_TEST_DOCUMENTS = 1_000;
/** Room for {@link MAX_TEST_DOCUMENTS} many times over, in bytes: the number of documents is the limit that counts. */
const CAPPED_SIZE_BYTES = 1_048_576;

/** Last moment that a `Date` can hold, the first one being its negative. */
const MAX_DATE_MS = 8.64e15;
/** An expression, since `{ message: { $type: 'string' } }` holds for a list of strings as well. */
const IS_WELL_FORMED = {
  $expr: {
    $and: [
      { $eq: [{ $type: '$_id' }, 'objectId'] },
      { $eq: [{ $type: '$message' }, 'string'] },
      { $eq: [{ $type: '$createdAt' }, 'date'] },
      { $gte: ['$createdAt', new Date(-MAX_DATE_MS)] },
      { $lte: ['$createdAt', new Date(MAX_DATE_MS)] },
    ],
  },
};

/**
 * Test documents, in a capped collection: the server itself drops the oldest, whoever writes.
 *
 * @see https://www.mongodb.com/docs/manual/core/capped-collections/
 */
@Injectable()
export class TestDocumentRepository extends MongoRepository<TestDocument> {
  constructor(@InjectModel(TestDocument.name) model: Model<TestDocument>, connection: DatabaseConnection) {
    super(model, connection);
  }

  /** @returns Newest first, by the order of insertion; without what does not look like a test document */
  async findNewest(limit: number): Promise<Stored<TestDocument>[]> {
    return this.run(async () => {
      const { db, maxTimeMs } = this.connection;
      const documents = db.collection<TestDocument>(this.model.collection.collectionName);
      const options = { limit, sort: { $natural: -1 }, maxTimeMS: maxTimeMs } as const;
      return documents.find(IS_WELL_FORMED, options).toArray();
    });
  }

  /** Makes the collection, or bounds one that exists. Safe to repeat, also by several instances at once. */
  async ensureBounded(): Promise<void> {
    await this.run(async () => {
      const { db, maxTimeMs: maxTimeMS } = this.connection;
      const name = this.model.collection.collectionName;
      const [existing] = await db.listCollections({ name }, { maxTimeMS }).toArray();
      if (existing === undefined) {
        const options = { capped: true, size: CAPPED_SIZE_BYTES, max: MAX_TEST_DOCUMENTS, maxTimeMS };
        await db.createCollection(name, options).catch(ignoreExisting);
      } else if (!isBounded(existing)) {
        await db.command({ convertToCapped: name, size: CAPPED_SIZE_BYTES, maxTimeMS });
        await db.command({ collMod: name, cappedMax: MAX_TEST_DOCUMENTS, maxTimeMS });
      }
    });
  }
}

function isBounded(collection: object): boolean {
  const options = 'options' in collection ? (collection.options as { capped?: boolean; max?: number }) : {};
  return options.capped === true && (options.max ?? Infinity) <= MAX_TEST_DOCUMENTS;
}

const NAMESPACE_EXISTS = 48;

function ignoreExisting(error: unknown): void {
  if (!(Error.isError(error) && 'code' in error && error.code === NAMESPACE_EXISTS)) throw error;
}
