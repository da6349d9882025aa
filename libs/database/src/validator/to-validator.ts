import type { Schema } from 'mongoose';
import { partsOf, type FieldType, type SchemaParts } from '../schema/field-type.ts';
import { rulesOf, type JsonSchema } from './field-rules.ts';

/** What MongoDB checks each write of a collection against. */
export interface Validator {
  $jsonSchema: JsonSchema;
}

interface Tree extends Map<string, FieldType | Tree> {}

/** Mongoose stores no empty object of these kinds, so that a required one may be absent. */
const MAY_VANISH = ['Mixed', 'Map', 'Embedded'];

/**
 * Says in the server's words what a schema asks of a document, field by field with Mongoose's own `toJSONSchema`. Every document that
 * Mongoose stores is accepted: what the server cannot express (functions, bounds of dates, some patterns), or would judge otherwise, is
 * left out. Fields that the schema does not know are let through.
 *
 * @param schema - Of a model, since only there it has its version key
 * @see https://www.mongodb.com/docs/manual/core/schema-validation/
 */
export function toValidator(schema: Schema): Validator {
  return { $jsonSchema: { bsonType: 'object', ...fieldsOf(schema, new Set()) } };
}

function fieldsOf(schema: Schema, around: ReadonlySet<Schema>): JsonSchema {
  // A schema may hold itself, and what it holds of itself is checked by Mongoose alone.
  if (around.has(schema)) return {};
  const parts = partsOf(schema);
  const tree: Tree = new Map();
  for (const [path, type] of Object.entries(parts.paths)) {
    const names = path.split('.');
    // The values of a map belong to the map.
    if (names.includes('$*')) continue;
    const last = names.pop() ?? path;
    branchOf(tree, names).set(last, type);
  }
  return propertiesOf(tree, parts, new Set([...around, schema]));
}

function branchOf(tree: Tree, names: readonly string[]): Tree {
  let branch = tree;
  for (const name of names) {
    const existing = branch.get(name);
    const next: Tree = existing instanceof Map ? existing : new Map();
    branch.set(name, next);
    branch = next;
  }
  return branch;
}

function propertiesOf(tree: Tree, parts: SchemaParts, around: ReadonlySet<Schema>): JsonSchema {
  const properties: JsonSchema = {};
  const required: string[] = [];
  for (const [name, entry] of tree) {
    if (entry instanceof Map) {
      // Fields written inline: the object itself is absent when it is empty.
      properties[name] = { bsonType: ['object', 'null'], ...propertiesOf(entry, parts, around) };
      continue;
    }
    properties[name] = fieldOf(entry, around);
    if (isRoot(around) && entry.path === '_id') required.push('_id');
    else if (isRequired(entry) && isKept(entry, parts)) required.push(name);
  }
  return {
    ...(Object.keys(properties).length > 0 && { properties }),
    // The server refuses an empty list.
    ...(required.length > 0 && { required }),
  };
}

function isRoot(around: ReadonlySet<Schema>): boolean {
  return around.size === 1;
}

/** Always, not by a function of the document. */
function isRequired(type: FieldType): boolean {
  return type.validators.some((validator) => validator.type === 'required') && !hasCondition(type);
}

function hasCondition({ originalRequiredValue, options: { required } }: FieldType): boolean {
  const condition = Array.isArray(required) ? (required as unknown[])[0] : required;
  return (
    typeof originalRequiredValue === 'function' || typeof condition === 'function' || isObject(condition)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether a value that was given is stored whatever it is. */
function isKept({ instance }: FieldType & { instance?: string }, { options }: SchemaParts): boolean {
  return options.minimize === false || !MAY_VANISH.includes(instance ?? '');
}

function fieldOf(type: FieldType, around: ReadonlySet<Schema>): JsonSchema {
  const { instance } = type as { instance?: string };
  const isNullable = !isRequired(type) || type.path === '_id';
  const kind = (bsonType: string) => ({ bsonType: isNullable ? [bsonType, 'null'] : bsonType });
  switch (instance) {
    case 'Array':
      return { ...kind('array'), items: itemsOf(type, around) };
    case 'Embedded':
    case 'DocumentArrayElement':
      return { ...kind('object'), ...(type.schema && fieldsOf(type.schema, around)) };
    case 'Map':
      return { ...kind('object'), additionalProperties: itemsOf(type, around) };
    case undefined:
    case 'Mixed':
      return {};
    default:
      return rulesOf(type, isNullable);
  }
}

function itemsOf(type: FieldType, around: ReadonlySet<Schema>): JsonSchema {
  const { schema } = type;
  if (schema !== undefined) return { bsonType: ['object', 'null'], ...fieldsOf(schema, around) };
  const element = type.embeddedSchemaType ?? type.$__schemaType;
  return element === undefined ? {} : fieldOf(element, around);
}
