import type { mongo, Schema } from 'mongoose';
import { DocumentInvalidError } from '../errors/database.error.ts';
import { keyOf } from '../repository/same-value.ts';
import { currentScope } from './scope.ts';

interface VisibilityOptions {
  withDeleted?: boolean;
}

/**
 * Which documents of a collection a call may see at all: those of the current scope, and not those that were deleted softly. Read from
 * the options of the schema's fields: `scope: true` and `softDelete: true`.
 */
export class Visibility {
  /** Holds the time of a soft deletion; absent where documents are deleted for good. */
  readonly deletedPath: string | undefined;
  /** Whether every call may see every document. */
  readonly isOpen: boolean;
  readonly #scopePaths: readonly string[];
  readonly #toFilter: (filter: object) => mongo.Document;

  /**
   * @param toFilter - Casts by the same schema
   * @throws {TypeError} When a marked field has not what the mark needs
   */
  constructor(schema: Schema, toFilter: (filter: object) => mongo.Document) {
    this.#toFilter = toFilter;
    this.#scopePaths = markedPaths(schema, 'scope');
    for (const path of this.#scopePaths) checkScopePath(schema, path);
    const [deletedPath, ...others] = markedPaths(schema, 'softDelete');
    if (others.length > 0) throw new TypeError('Only one field can have the option softDelete');
    if (deletedPath !== undefined && schema.path(deletedPath).instance !== 'Date')
      throw new TypeError(`${deletedPath} has the option softDelete: it must be a Date`);
    this.deletedPath = deletedPath;
    this.isOpen = this.#scopePaths.length === 0 && deletedPath === undefined;
  }

  /** Whether calls have to be in a scope. */
  get isScoped(): boolean {
    return this.#scopePaths.length > 0;
  }

  /**
   * What has to hold beside the filter of the call.
   *
   * @throws {@link ScopeMissingError}
   */
  conditions({ withDeleted = false }: VisibilityOptions): mongo.Document {
    if (this.isOpen) return {};
    const conditions: mongo.Document = { ...this.#scope() };
    if (this.deletedPath !== undefined && !withDeleted) conditions[this.deletedPath] = null;
    return conditions;
  }

  /** Adds the conditions to a filter that has been cast. */
  narrow(filter: mongo.Document, options: VisibilityOptions): mongo.Document {
    if (this.isOpen) return filter;
    const conditions = this.conditions(options);
    const isFree = Object.keys(conditions).every((path) => !(path in filter));
    return isFree ? { ...filter, ...conditions } : { $and: [filter, conditions] };
  }

  /** Whether {@link conditions} hold for a document that was read without them. */
  admits(document: mongo.Document, options: VisibilityOptions): boolean {
    return Object.entries(this.conditions(options)).every(([path, value]) => {
      const held: unknown = document[path];
      return value === null ? held === null || held === undefined : keyOf(held) === keyOf(value);
    });
  }

  /**
   * Gives a new document its owner.
   *
   * @throws {@link DocumentInvalidError} When it names another one
   */
  claim(document: object): object {
    if (!this.isScoped) return document;
    const scope = this.#scope();
    for (const [path, value] of Object.entries(scope)) {
      const given = (document as Record<string, unknown>)[path];
      if (given !== undefined && keyOf(this.#toFilter({ [path]: given })[path]) !== keyOf(value))
        throw new DocumentInvalidError([{ path, message: 'is not the one of the scope' }]);
    }
    return { ...document, ...scope };
  }

  #scope(): mongo.Document {
    const scope = this.isScoped ? currentScope(this.#scopePaths) : undefined;
    return scope === undefined ? {} : this.#toFilter(scope);
  }
}

function markedPaths(schema: Schema, mark: string): string[] {
  return Object.entries(schema.paths).flatMap(([path, type]) =>
    (type.options as Record<string, unknown>)[mark] === true ? [path] : [],
  );
}

function checkScopePath(schema: Schema, path: string): void {
  const { required, immutable } = schema.path(path).options;
  if (path.includes('.') || required !== true || immutable !== true)
    throw new TypeError(`${path} has the option scope: it must be a top-level field, required and immutable`);
}
