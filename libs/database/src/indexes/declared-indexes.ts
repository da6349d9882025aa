import type { mongo, Schema } from 'mongoose';
import { canonical } from './canonical.ts';

/** An index as it is declared, or as the server has it. */
export interface IndexDefinition {
  readonly name: string;
  /** Fields in their order, with 1, -1, `text`, `2dsphere` and so on. */
  readonly key: Readonly<Record<string, unknown>>;
  /** `unique`, `sparse`, `expireAfterSeconds` and the like, as `createIndexes` takes them. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What the services for indexes and validators need of a Mongoose model; every `Model<T>` is one. */
export interface ModelLike {
  readonly modelName: string;
  /** Of a discriminator: the model whose collection it shares. */
  readonly baseModelName: string | undefined;
  readonly collection: { readonly collectionName: string };
  /** The connection with all its models. */
  readonly db: { readonly models: object };
  // Of any document type; Mongoose's own type of a schema fits no other.
  readonly schema: object;
}

/** What the models of one collection ask for. */
export interface DeclaredCollection {
  readonly name: string;
  readonly indexes: IndexDefinition[];
  /** With which a collection that does not exist yet has to be made. */
  options: mongo.CreateCollectionOptions;
}

/** Names under which the driver takes options that the server calls otherwise. */
const RENAMED: Record<string, string> = {
  defaultLanguage: 'default_language',
  languageOverride: 'language_override',
};
/** Mongoose's own, and what the server no longer heeds. */
const IGNORED = ['_autoIndex', 'background', 'type', 'name', 'version', 'v', 'w', 'wtimeout', 'j'];

/** Mongoose's schema without the type of its documents. */
export function schemaOf({ schema }: Pick<ModelLike, 'schema'>): Schema {
  return schema as Schema;
}

/** @returns For a discriminator the model whose collection it shares */
export function baseOf({ baseModelName, db }: ModelLike): ModelLike | undefined {
  return baseModelName === undefined
    ? undefined
    : (db.models as Record<string, ModelLike | undefined>)[baseModelName];
}

/**
 * Reads the indexes of all models, by collection: those of fields, of the schema and of subdocuments, with the collation of the
 * schema, and for a discriminator limited to its own documents. The index on `_id` is none of them.
 */
export function declaredIndexes(models: readonly ModelLike[]): DeclaredCollection[] {
  const collections = new Map<string, DeclaredCollection>();
  for (const model of models) {
    const name = model.collection.collectionName;
    const declared = collections.get(name) ?? { name, indexes: [], options: {} };
    collections.set(name, declared);
    declared.options = { ...collectionOptions(schemaOf(model)), ...declared.options };
    declared.indexes.push(...indexesOf(model));
  }
  return [...collections.values()];
}

/** The options with which Mongoose would make the collection of a schema. */
export function collectionOptions(schema: Schema): mongo.CreateCollectionOptions {
  const { collation, capped, timeseries, collectionOptions: given } = schema.options;
  const { expireAfterSeconds, clusteredIndex } = schema.options as mongo.CreateCollectionOptions;
  return {
    ...(collation && { collation }),
    ...(typeof capped === 'number' && { capped: true, size: capped }),
    ...(typeof capped === 'object' && { capped: true, ...capped }),
    ...(timeseries && { timeseries, ...(expireAfterSeconds !== undefined && { expireAfterSeconds }) }),
    ...(clusteredIndex && { clusteredIndex: { ...clusteredIndex, unique: true } }),
    ...given,
  };
}

/** As `createIndexes` of the driver takes it. */
export function toDescription({ name, key, options }: IndexDefinition): mongo.IndexDescription {
  return { ...options, name, key: new Map(Object.entries(key)) as Map<string, mongo.IndexDirection> };
}

function indexesOf(model: ModelLike): IndexDefinition[] {
  const schema = schemaOf(model);
  const base = baseOf(model);
  // A discriminator repeats the indexes of its base, without their limits.
  const inherited = new Set(
    base &&
      schemaOf(base)
        .indexes()
        .map((index) => canonical(index)),
  );
  return schema
    .indexes()
    .filter((index) => Object.keys(index[0]).join() !== '_id' && !inherited.has(canonical(index)))
    .map(([key, options]) => toDefinition(schema, key, options as Record<string, unknown>));
}

function toDefinition(schema: Schema, key: object, given: Record<string, unknown>): IndexDefinition {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !IGNORED.includes(name)) options[RENAMED[name] ?? name] = value;
  }
  const isText = Object.values(key).includes('text');
  if (schema.options.collation && !isText) options.collation ??= schema.options.collation;
  const { discriminatorMapping } = schema as { discriminatorMapping?: { key: string; value?: string } };
  // As Mongoose does for the indexes of a discriminator, which share the collection with other documents.
  if (discriminatorMapping?.value !== undefined && !isRoot(discriminatorMapping) && !('sparse' in options)) {
    const { key: field, value } = discriminatorMapping;
    options.partialFilterExpression = { ...(options.partialFilterExpression as object), [field]: value };
  }
  const name = typeof given.name === 'string' ? given.name : Object.entries(key).flat().join('_');
  return { name, key: { ...key }, options };
}

function isRoot(mapping: object): boolean {
  return 'isRoot' in mapping && mapping.isRoot === true;
}
