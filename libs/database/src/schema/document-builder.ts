import type { mongo, Schema } from 'mongoose';
import { compileNested, type NestedField } from './document-nested.ts';
import { checkUnknown } from './document-unknown.ts';
import { leaveToMongoose } from './field-caster.ts';
import { compileField, isAcceptable, type Field } from './field-writer.ts';
import { isRecord, partsOf, type SchemaParts } from './field-type.ts';

/** Makes the stored form of one document; throws when only Mongoose can tell what becomes of it. */
export type Build = (input: object, at: Date) => mongo.Document;

/**
 * The steps of Mongoose's document: defaults, values in the order of the schema, defaults that are functions, validators,
 * timestamps, version key.
 *
 * @param isRoot - A stored document, not a part of one
 */
export function compileBuilder(schema: Schema, isRoot = true, known = new Map<Schema, Build>()): Build {
  const compile = () =>
    compileSchema(partsOf(schema), isRoot, (child) => compileBuilder(child, false, known));
  if (isRoot) return compile();
  const ready = known.get(schema);
  if (ready !== undefined) return ready;
  // A schema may hold itself.
  known.set(schema, (input, at) => build(input, at));
  const build = compile();
  known.set(schema, build);
  return build;
}

function compileSchema(parts: SchemaParts, isRoot: boolean, documents: (schema: Schema) => Build): Build {
  const { fields, nested } = fieldsOf(parts, documents);
  const late = Object.keys(parts.paths).flatMap((path) => fields.find((f) => f.key === path && f.late) ?? []);
  const steps = Object.keys(parts.tree).flatMap<Field | NestedField>(
    (key) => fields.find((f) => f.key === key) ?? nested.find((n) => n.key === key) ?? [],
  );
  const names = new Set(steps.map(({ key }) => key));
  const finish = compileEnd(parts, isRoot);

  return (input, at) => {
    const source = ownFields(input);
    for (const key of Object.keys(source)) if (!names.has(key)) checkUnknown(parts, key);
    const out: mongo.Document = {};
    for (const step of steps) {
      if (step.isNested) step.write(source, out, at);
      else writeField(step, source, out, at);
    }
    for (const field of late) {
      if (source[field.key] === undefined) store(field, field.late?.(at), out);
    }
    finish(out, at);
    return out;
  };
}

function fieldsOf(parts: SchemaParts, documents: (schema: Schema) => Build) {
  const fields: Field[] = [];
  const nested: NestedField[] = [];
  const isMinimized = parts.options.minimize !== false;
  const { createdAt, updatedAt } = parts.$timestamps ?? {};
  for (const key of Object.keys(parts.tree)) {
    const type = parts.paths[key];
    if (type !== undefined) {
      const isStamp = key === createdAt || key === updatedAt;
      fields.push(compileField(type, key, { isMinimized, isStamp, documents }));
    } else if (parts.nested[key]) {
      nested.push(compileNested(parts, key, { isMinimized, isStamp: false, documents }));
    }
  }
  return { fields, nested };
}

function writeField(field: Field, source: Record<string, unknown>, out: mongo.Document, at: Date): void {
  const given = source[field.key];
  if (given !== undefined) {
    const value = field.cast(given, at);
    if (value === undefined && field.isPlaced) leaveToMongoose();
    store(field, value, out);
    return;
  }
  if (field.early !== undefined) {
    if (field.hasGetters && field.key in source) leaveToMongoose();
    store(field, field.early(at), out);
    return;
  }
  const isNamed = (field.isPlaced || field.hasSetters) && field.key in source;
  // A key that is there, but undefined, holds the place of what comes later.
  if (isNamed && field.isPlaced) leaveToMongoose();
  if (field.late === undefined) store(field, isNamed ? field.cast(undefined, at) : undefined, out);
}

function store(field: Field, value: unknown, out: mongo.Document): void {
  if (!isAcceptable(field, value)) leaveToMongoose();
  if (value === undefined) return;
  const stored = field.store === undefined ? value : field.store(value);
  if (stored !== undefined) out[field.key] = stored;
}

/** Timestamps come after the validators, and `updatedAt` follows a `createdAt` that was given. */
function compileEnd(parts: SchemaParts, isRoot: boolean): (out: mongo.Document, at: Date) => void {
  const { createdAt, updatedAt } = parts.$timestamps ?? {};
  const { versionKey } = parts.options;
  const version = isRoot && typeof versionKey === 'string' ? versionKey : undefined;
  return (out, at) => {
    if (createdAt && !out[createdAt]) out[createdAt] = new Date(at);
    if (updatedAt) out[updatedAt] = new Date(createdAt ? (out[createdAt] as Date) : at);
    if (version !== undefined) out[version] = 0;
  };
}

/** The own fields of an instance; inherited ones are none of a document. */
function ownFields(input: object): Record<string, unknown> {
  if (!isRecord(input)) leaveToMongoose();
  return Object.getPrototypeOf(input) === Object.prototype ? input : { ...input };
}
