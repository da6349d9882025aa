import type { mongo, Schema } from 'mongoose';
import type { PageSort } from '../page/page-sort.ts';
import { compileDocumentWriter, type DocumentWriter } from '../schema/document-compiler.ts';
import { compileFilter } from '../schema/filter-compiler.ts';
import { refuse } from '../schema/filter-value.ts';
import { rootNode } from '../schema/path-node.ts';
import { timestampsOf } from '../schema/path-schema.ts';
import { compileArrayFilters } from '../schema/update-array-filters.ts';
import { compileUpdate } from '../schema/update-compiler.ts';
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
  readonly toArrayFilters: ReturnType<typeof compileArrayFilters>;
  readonly toReplacement: CompiledReplacement;
  readonly visibility: Visibility;
  /** Absent when documents have to go through Mongoose. */
  readonly writer: DocumentWriter | undefined;
  readonly versionKey: string | undefined;
  readonly explanation: WriteExplanation;
  readonly #schema: Schema;
  readonly #ownPaths: readonly string[];

  /** @throws {TypeError} When options of the schema contradict each other */
  constructor(schema: Schema) {
    this.#schema = schema;
    const toFilter = compileFilter(schema);
    this.toFilter = (filter) => {
      // No document has none: whoever asks for it has lost the id.
      if ('_id' in filter && filter._id === null) refuse('_id', 'is missing');
      return toFilter(filter);
    };
    this.toUpdate = compileUpdate(schema);
    this.toArrayFilters = compileArrayFilters(schema);
    this.visibility = new Visibility(schema, this.toFilter);
    const { deletedPath } = this.visibility;
    this.toReplacement = compileReplacement(schema, deletedPath === undefined ? [] : [deletedPath]);
    const { versionKey } = schema.options;
    this.versionKey = typeof versionKey === 'string' ? versionKey : undefined;
    const { createdAt, updatedAt } = timestampsOf(schema);
    this.#ownPaths = [createdAt, updatedAt, versionKey].filter((path) => typeof path === 'string');
    const compilation = compileDocumentWriter(schema);
    this.writer = compilation.isCompiled ? compilation.writer : undefined;
    this.explanation = compilation.isCompiled
      ? { writes: 'compiled', reasons: [] }
      : { writes: 'mongoose', reasons: compilation.reasons };
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
}

/** Whether a filter matches every document. */
export function matchesEverything(filter: mongo.Document): boolean {
  return Object.entries(filter).every(([key, value]) => {
    if (key === '$and') return (value as mongo.Document[]).every(matchesEverything);
    if (key === '$or') return (value as mongo.Document[]).some(matchesEverything);
    return false;
  });
}
