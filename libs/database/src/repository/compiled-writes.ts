import type { mongo } from 'mongoose';
import type { DocumentWriter } from '../schema/document-compiler.ts';
import type { DocumentWrites, UpdateRequest } from './document-writes.ts';
import type { ModelPlan } from './model-plan.ts';
import type { DriverOptions } from './operation-options.ts';

/** Writes through the driver what the functions compiled from the schema have made. */
export class CompiledWrites implements DocumentWrites {
  readonly #plan: ModelPlan;
  readonly #writer: DocumentWriter;
  readonly #collection: () => mongo.Collection;

  constructor(plan: ModelPlan, writer: DocumentWriter, collection: () => mongo.Collection) {
    this.#plan = plan;
    this.#writer = writer;
    this.#collection = collection;
  }

  async insert(document: object, options: DriverOptions): Promise<mongo.Document> {
    const stored = this.#writer.write(document, new Date());
    await this.#collection().insertOne(stored, options);
    return stored;
  }

  async update(operation: 'updateMany' | 'updateOne', request: UpdateRequest): Promise<number> {
    const update = this.#plan.toUpdate(request.update, { at: new Date() });
    const { matchedCount } = await this.#collection()[operation](
      request.query,
      update,
      this.#withArrayFilters(request),
    );
    return matchedCount;
  }

  async updateAndRead(request: UpdateRequest): Promise<mongo.Document | null> {
    const update = this.#plan.toUpdate(request.update, { at: new Date() });
    const options = { ...this.#withArrayFilters(request), returnDocument: 'after' } as const;
    return this.#collection().findOneAndUpdate(request.query, update, options);
  }

  async upsert(request: UpdateRequest): Promise<{ document: mongo.Document; isInserted: boolean }> {
    const { query } = request;
    const update = this.#plan.toUpdate(request.update, { at: new Date(), isUpsert: true, filter: query });
    const { value, lastErrorObject } = await this.#collection().findOneAndUpdate(query, update, {
      ...this.#withArrayFilters(request),
      upsert: true,
      returnDocument: 'after',
      includeResultMetadata: true,
    });
    return { document: value ?? {}, isInserted: lastErrorObject?.updatedExisting === false };
  }

  async replace(
    query: mongo.Document,
    document: object,
    options: DriverOptions,
  ): Promise<mongo.Document | null> {
    const replacement = this.#plan.toReplacement(this.#writer.write(document, new Date()));
    return this.#collection().findOneAndUpdate(query, replacement, { ...options, returnDocument: 'after' });
  }

  async delete(
    operation: 'deleteMany' | 'deleteOne',
    query: mongo.Document,
    options: DriverOptions,
  ): Promise<number> {
    const { deletedCount } = await this.#collection()[operation](query, options);
    return deletedCount;
  }

  #withArrayFilters({
    update,
    arrayFilters,
    options,
  }: UpdateRequest): DriverOptions & { arrayFilters?: mongo.Document[] } {
    // Also finds an element that the update names and nobody describes.
    const needsCheck = arrayFilters !== undefined || hasElementName(update);
    if (!needsCheck) return options;
    return { ...options, arrayFilters: this.#plan.toArrayFilters(update, arrayFilters ?? []) };
  }
}

function hasElementName(update: object): boolean {
  return Object.entries(update).some(
    ([key, value]) =>
      key.includes('$[') ||
      (typeof value === 'object' && value !== null && key.startsWith('$') && hasElementName(value)),
  );
}
