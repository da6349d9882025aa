import { Logger } from '@nestjs/common';
import type { mongo, Schema } from 'mongoose';
import type { PageSort } from '../page/page-sort.ts';
import { refuseIdleHooks } from '../schema/document-hooks.ts';
import { compileDocumentWriter, type DocumentWriter } from '../schema/document-compiler.ts';
import { ValidatorAsyncError } from '../schema/field-checks.ts';
import { compileFilter } from '../schema/filter-compiler.ts';
import { refuse } from '../schema/filter-value.ts';
import { rootNode } from '../schema/path-node.ts';
import { timestampsOf } from '../schema/path-schema.ts';
import { compileArrayFilters } from '../schema/update-array-filters.ts';
import { compileUpdate } from '../schema/update-compiler.ts';
import { compileUpdateCheck, entriesOf } from '../schema/update-entries.ts';
import { Visibility } from '../scope/visibility.ts';
import { compileReplacement, type CompiledReplacement } from './replacement.ts';

/** How the documents of a model are written. */
export interface WriteExplanation {
  /** `compiled`: cast, checked and stamped by plain functions; `mongoose`: through a Mongoose document. */
  writes: 'compiled' | 'mongoose';
  /** What the schema uses that only Mongoose does; empty when compiled. */
  reasons: readonly string[];
}

/** What a repository does to inputs before they reach the driver; decided once for a model. */
export class ModelPlan {
  readonly toFilter: (filter: object) => mongo.Document;
  readonly toUpdate: ReturnType<typeof compileUpdate>;
  /** Checks an update that Mongoose is to cast and validate; throws as {@link toUpdate} does. */
  readonly checkUpdate: (update: object, isUpsert: boolean) => void;
  readonly toArrayFilters: ReturnType<typeof compileArrayFilters>;
  readonly toReplacement: CompiledReplacement;
  readonly visibility: Visibility;
  readonly versionKey: string | undefined;
  #writer: DocumentWriter | undefined;
  #explanation: WriteExplanation;
  readonly #schema: Schema;
  readonly #ownPaths: readonly string[];

  /** @throws {TypeError} When options of the schema contradict each other, or it has hooks that would never run */
  constructor(schema: Schema) {
    refuseIdleHooks(schema);
    this.#schema = schema;
    const toFilter = compileFilter(schema);
    this.toFilter = (filter) => {
      // No document has none: whoever asks for it has lost the id.
      if ((filter as { _id?: unknown } | null)?._id === null) refuse('_id', 'is missing');
      return toFilter(filter);
    };
    const toUpdate = compileUpdate(schema);
    this.toUpdate = (update, options) => {
      this.#keepOwner(update);
      return this.#compiled(() => toUpdate(update, options));
    };
    const checkUpdate = compileUpdateCheck(schema);
    this.checkUpdate = (update, isUpsert) => {
      this.#keepOwner(update);
      checkUpdate(update, isUpsert);
    };
    this.toArrayFilters = compileArrayFilters(schema);
    this.visibility = new Visibility(schema, this.toFilter);
    const { deletedPath } = this.visibility;
    this.toReplacement = compileReplacement(schema, deletedPath === undefined ? [] : [deletedPath]);
    const { versionKey } = schema.options;
    this.versionKey = typeof versionKey === 'string' ? versionKey : undefined;
    const { createdAt, updatedAt } = timestampsOf(schema);
    this.#ownPaths = [createdAt, updatedAt, versionKey].filter((path) => typeof path === 'string');
    const compilation = compileDocumentWriter(schema);
    if (compilation.isCompiled) {
      const { writer } = compilation;
      this.#writer = { write: (input, at) => this.#compiled(() => writer.write(input, at)) };
    }
    this.#explanation = compilation.isCompiled
      ? { writes: 'compiled', reasons: [] }
      : { writes: 'mongoose', reasons: compilation.reasons };
  }

  /** Absent when documents have to go through Mongoose. */
  get writer(): DocumentWriter | undefined {
    return this.#writer;
  }

  get explanation(): WriteExplanation {
    return this.#explanation;
  }

  /** A copy without what the repository keeps by itself: timestamps and version, as they are in a document that was read. */
  withoutOwn(document: object): mongo.Document {
    const copy: mongo.Document = { ...document };
    for (const path of this.#ownPaths) delete copy[path];
    return copy;
  }

  /** @throws {@link FilterInvalidError} When the schema has no such field */
  toPath(path: unknown): string {
    if (typeof path !== 'string') return refuse('', 'the name of a field must be a text');
    if (rootNode(this.#schema).find(path) === undefined) refuse(path, 'is not a field of this collection');
    return path;
  }

  /**
   * Checks the fields of a sort, which the server would ignore when it does not know them.
   *
   * @throws {@link FilterInvalidError} When the schema has no such field
   */
  toSort(sort: PageSort): [path: string, order: 1 | -1][] {
    const pairs = Array.isArray(sort) ? (sort as [string, 1 | -1][]) : Object.entries(sort);
    for (const pair of pairs) {
      if (!Array.isArray(pair)) refuse('', 'a sort is made of pairs of a field and 1 or -1');
      const [path, order] = pair;
      this.toPath(path);
      if (order !== 1 && order !== -1) refuse(path, 'is sorted by 1 or -1');
    }
    return pairs as [string, 1 | -1][];
  }

  /** A validator that gives a promise without being declared `async` shows only when it is asked: from then on Mongoose writes. */
  #compiled<R>(make: () => R): R {
    try {
      return make();
    } catch (error) {
      if (error instanceof ValidatorAsyncError && this.#writer !== undefined) {
        new Logger(ModelPlan.name).warn(
          `${error.message}. From now on these documents are written through it`,
        );
        this.#writer = undefined;
        this.#explanation = { writes: 'mongoose', reasons: [error.message] };
      }
      throw error;
    }
  }

  #keepOwner(update: object): void {
    if (this.visibility.isScoped) this.visibility.keepOwner(entriesOf(update).map(([, path]) => path));
  }
}

/** Whether a filter matches every document. */
export function matchesEverything(filter: mongo.Document): boolean {
  return Object.entries(filter).every(([key, value]) => {
    if (key === '$and') return (value as mongo.Document[]).every(matchesEverything);
    if (key === '$or') return (value as mongo.Document[]).some(matchesEverything);
    return false;
  });
}
