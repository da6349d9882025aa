import type { mongo, Schema } from 'mongoose';
import { DocumentInvalidError } from '../errors/database.error.ts';
import { keyOf } from '../repository/same-value.ts';
import { partsOf, type FieldType } from '../schema/field-type.ts';
import { refuse } from '../schema/filter-value.ts';
import { discriminatorOf } from '../schema/path-schema.ts';
import { currentScope } from './scope.ts';

/** Options of a field. */
type Mark = 'scope' | 'softDelete';

const TOP_LEVEL: Record<Mark, string> = {
  scope: 'it must be a top-level field, required, immutable and selected',
  softDelete: 'it must be a top-level field of type Date, and selected',
};

interface VisibilityOptions {
  withDeleted?: boolean;
}

/**
 * Which documents of a collection a call may see at all: those of the current scope, of the model's own kind where it is a discriminator,
 * and not those that were deleted softly. Read from the options of the schema's fields: `scope: true` and `softDelete: true`.
 */
export class Visibility {
  /** Holds the time of a soft deletion; absent where documents are deleted for good. */
  readonly deletedPath: string | undefined;
  /** Whether every call may see every document. */
  readonly isOpen: boolean;
  readonly #scopePaths: readonly string[];
  /** What tells the documents of a discriminator from others in its collection. */
  readonly #kind: mongo.Document;
  readonly #toFilter: (filter: object) => mongo.Document;

  /**
   * @param schema - `model.schema`: only there Mongoose says what a discriminator is
   * @param toFilter - Casts by the same schema
   * @throws {TypeError} When a marked field has not what the mark needs
   */
  constructor(schema: Schema, toFilter: (filter: object) => mongo.Document) {
    this.#toFilter = toFilter;
    const kind = discriminatorOf(schema);
    this.#kind = kind === undefined ? {} : { [kind.key]: kind.value };
    this.#scopePaths = markedPaths(schema, 'scope');
    for (const path of this.#scopePaths) checkScopePath(schema, path);
    const [deletedPath, ...others] = markedPaths(schema, 'softDelete');
    if (others.length > 0) throw new TypeError('Only one field can have the option softDelete');
    if (deletedPath !== undefined) checkDeletedPath(schema, deletedPath);
    this.deletedPath = deletedPath;
    this.isOpen = !this.isScoped && deletedPath === undefined && kind === undefined;
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
    const conditions: mongo.Document = { ...this.#kind, ...this.#scope() };
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

  /**
   * Refuses an update that names the owner: an upsert would insert it.
   *
   * @param paths - That the update writes
   * @throws {@link FilterInvalidError}
   */
  keepOwner(paths: readonly string[]): void {
    if (!this.isScoped || Object.keys(this.#scope()).length === 0) return;
    for (const path of paths)
      if (this.#scopePaths.some((owner) => path === owner || path.startsWith(`${owner}.`)))
        refuse(path, 'is given by the scope');
  }

  /**
   * Refuses to watch what a call may not see all of: a deletion does not tell whose document it was.
   *
   * @throws {@link FilterInvalidError}
   */
  checkWatch(): void {
    const kind = Object.keys(this.#kind)[0];
    if (kind !== undefined) refuse(kind, 'it watches one kind: use the repository of the base model');
    if (Object.keys(this.#scope()).length > 0) refuse('', 'it watches one scope: use acrossScopes()');
  }

  #scope(): mongo.Document {
    const scope = this.isScoped ? currentScope(this.#scopePaths) : undefined;
    return scope === undefined ? {} : this.#toFilter(scope);
  }
}

/** @throws {TypeError} When a field of a part has the mark: it would have no effect */
function markedPaths(schema: Schema, mark: Mark): string[] {
  return Object.entries(partsOf(schema).paths).flatMap(([path, type]) => {
    const below = markedBelow(type, mark, new Set([schema]));
    if (below) throw new TypeError(`${path} has the option ${mark} in a part of it: ${TOP_LEVEL[mark]}`);
    return type.options[mark] === true ? [path] : [];
  });
}

function markedBelow(
  { embeddedSchemaType, $__schemaType, schema }: FieldType,
  mark: Mark,
  seen: Set<Schema>,
): boolean {
  const inner = embeddedSchemaType ?? $__schemaType;
  if (inner !== undefined && (inner.options[mark] === true || markedBelow(inner, mark, seen))) return true;
  // A schema may hold itself.
  if (schema === undefined || seen.has(schema)) return false;
  seen.add(schema);
  return Object.values(partsOf(schema).paths).some(
    (type) => type.options[mark] === true || markedBelow(type, mark, seen),
  );
}

function checkScopePath(schema: Schema, path: string): void {
  const { required, immutable, select } = schema.path(path).options;
  if (path.includes('.') || required !== true || immutable !== true || select === false)
    throw new TypeError(`${path} has the option scope: ${TOP_LEVEL.scope}`);
}

function checkDeletedPath(schema: Schema, path: string): void {
  const { instance, options } = schema.path(path);
  if (path.includes('.') || instance !== 'Date' || options.select === false)
    throw new TypeError(`${path} has the option softDelete: ${TOP_LEVEL.softDelete}`);
}
