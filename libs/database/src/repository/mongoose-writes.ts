import type { HydratedDocument, Model, mongo } from 'mongoose';
import { VersionConflictError } from '../errors/database.error.ts';
import { refuseForgedMaps } from '../schema/document-maps.ts';
import { storedForm } from '../schema/stored-form.ts';
import { entriesOf } from '../schema/update-entries.ts';
import type { DocumentWrites, UpdateRequest } from './document-writes.ts';
import type { ModelPlan } from './model-plan.ts';
import type { DriverOptions } from './operation-options.ts';
import { validateInsert } from './upsert-draft.ts';

/** How often a replacement begins anew when others change the document meanwhile. */
const REPLACE_ATTEMPTS = 5;
const UNCAST = ['$inc', '$max', '$min', '$mul'];
const CHECKS = { runValidators: true, strict: 'throw' } as const;

/**
 * Writes through Mongoose, with middleware, validators and everything else of a schema that cannot be compiled. The version is kept all
 * the same.
 */
export class MongooseWrites implements DocumentWrites {
  readonly #plan: ModelPlan;
  readonly #model: () => Model<unknown>;

  /** @param model - Asked at each call: it fails where there is no connection yet */
  constructor(plan: ModelPlan, model: () => Model<unknown>) {
    this.#plan = plan;
    this.#model = model;
  }

  async insert(document: object, options: DriverOptions): Promise<mongo.Document> {
    const created = new (this.#model())(document);
    refuseForgedMaps(created);
    await created.save(options);
    return storedForm(created);
  }

  async update(operation: 'updateMany' | 'updateOne', request: UpdateRequest): Promise<number> {
    const model = this.#model();
    const options = this.#withArrayFilters(request);
    const { matchedCount } = await model[operation](request.query, this.#versioned(request), options).exec();
    return matchedCount;
  }

  async updateAndRead(request: UpdateRequest): Promise<mongo.Document | null> {
    return this.#model()
      .findOneAndUpdate(request.query, this.#versioned(request), {
        ...this.#withArrayFilters(request),
        returnDocument: 'after',
      })
      .lean<mongo.Document>()
      .exec();
  }

  async upsert(request: UpdateRequest): Promise<{ document: mongo.Document; isInserted: boolean }> {
    const update = this.#versioned(request, true);
    await validateInsert(this.#model(), request);
    const { value, lastErrorObject } = await this.#model()
      .findOneAndUpdate(request.query, update, {
        ...this.#withArrayFilters(request),
        upsert: true,
        returnDocument: 'after',
        includeResultMetadata: true,
      })
      .lean<mongo.Document>()
      .exec();
    return {
      document: (value as mongo.Document | null) ?? {},
      isInserted: lastErrorObject?.updatedExisting === false,
    };
  }

  /** Read, overwritten and saved on the condition that nobody was in between: Mongoose's middleware works on documents. */
  async replace(
    query: mongo.Document,
    document: object,
    options: DriverOptions,
  ): Promise<mongo.Document | null> {
    const { versionKey } = this.#plan;
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.#model().findOne(query, null, options).exec();
      if (found === null) return null;
      const replacement = new (this.#model())(document);
      refuseForgedMaps(replacement);
      overwrite(found, replacement, this.#plan.visibility.deletedPath);
      if (versionKey !== undefined) {
        found.$where = { [versionKey]: found.get(versionKey) as unknown };
        found.increment();
      }
      try {
        const saved = await found.save(options);
        return storedForm(saved);
      } catch (error) {
        const isOvertaken =
          Error.isError(error) && ['VersionError', 'DocumentNotFoundError'].includes(error.name);
        if (!isOvertaken) throw error;
        if (attempt === REPLACE_ATTEMPTS) throw new VersionConflictError(error);
      }
    }
  }

  async delete(
    operation: 'deleteMany' | 'deleteOne',
    query: mongo.Document,
    options: DriverOptions,
  ): Promise<number> {
    const { deletedCount } = await this.#model()[operation](query, options).exec();
    return deletedCount;
  }

  #versioned({ update }: UpdateRequest, isUpsert = false): object {
    this.#plan.checkUpdate(update, isUpsert);
    const cast: Record<string, object> = {};
    for (const [operator, path, value] of entriesOf(update)) {
      const change = { [operator]: { [path]: value } };
      // Of these Mongoose stores whatever it is given.
      const checked = UNCAST.includes(operator) ? this.#plan.toUpdate(change, { at: new Date() }) : change;
      cast[operator] = { ...cast[operator], ...pick(checked[operator], path) };
    }
    const { versionKey } = this.#plan;
    return versionKey === undefined ? cast : { ...cast, $inc: { ...cast.$inc, [versionKey]: 1 } };
  }

  #withArrayFilters({ update, arrayFilters, options }: UpdateRequest): DriverOptions & typeof CHECKS {
    if (arrayFilters === undefined) return { ...options, ...CHECKS };
    const cast = { arrayFilters: this.#plan.toArrayFilters(update, arrayFilters) };
    return { ...options, ...CHECKS, ...cast };
  }
}

function pick(fields: unknown, path: string): object {
  return { [path]: (fields as Record<string, unknown>)[path] };
}

/** Field by field, and not as Mongoose's `overwrite`, which drops defaults and the immutable fields of nested parts. */
function overwrite(
  stored: HydratedDocument<unknown>,
  draft: HydratedDocument<unknown>,
  deletedPath: string | undefined,
): void {
  const { options, paths } = stored.schema;
  for (const [path, type] of Object.entries(paths)) {
    // Stands for the values of a map, which are set with it.
    if (path.includes('$*')) continue;
    const isKept = path === '_id' || path === options.versionKey || path === deletedPath;
    if (isKept || type.options.immutable) continue;
    stored.set(path, draft.get(path));
  }
}
