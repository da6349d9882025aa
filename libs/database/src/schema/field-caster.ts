import type { SchemaType } from 'mongoose';
import { isUnchangedByCast } from './path-scalar.ts';
import { type FieldType, FormUnknownError, isBsonValue, isRecord, kindOf } from './field-type.ts';

/** Turns what came in into what the schema says; throws when it cannot. */
export type Cast = (value: unknown, at: Date) => unknown;

/** Makes a subdocument of a record. */
export type CastDocument = (schema: NonNullable<FieldType['schema']>) => (input: object, at: Date) => unknown;

/** Setters and cast of one field, Mongoose's own, but for plain arrays and objects. */
export function compileCast(type: FieldType, documents: CastDocument): Cast {
  const kind = kindOf(type);
  switch (kind) {
    case 'scalar':
      return compileScalar(type);
    case 'buffer':
      return (value) => type.applySetters(checkedScalar(value), null, false);
    case 'date':
      return (value) => ownDate(type.applySetters(checkedScalar(value), null, false), value);
    case 'mixed':
      return (value) => type.applySetters(value, null, false);
    case 'array':
      return compileArray(type, documents);
    case 'documents':
    case 'document':
      return compileDocuments(type, kind, documents);
    case 'whole':
    case undefined:
      return leaveToMongoose;
  }
}

/** How a cast value is stored, where that is another one; a validator sees the cast value. */
export function compileStore(
  type: FieldType,
  isMinimized: boolean,
): ((value: unknown) => unknown) | undefined {
  const kind = kindOf(type);
  if (kind === 'buffer') return toBinary;
  // An empty part is left out, unless it is required.
  if (kind === 'document') return isMinimized && !type.options.required ? withoutEmpty : undefined;
  if (kind === 'mixed') return (value) => copyOf(value, isMinimized, false);
  if (kind !== 'array' || type.embeddedSchemaType === undefined) return undefined;
  const ofElement = compileStore(type.embeddedSchemaType, isMinimized);
  if (ofElement === undefined) return undefined;
  return (value) =>
    Array.isArray(value) ? storeArray(value, type.embeddedSchemaType, ofElement, isMinimized) : value;
}

/** A value that is of its type already needs none of Mongoose's steps. */
function compileScalar(type: FieldType): Cast {
  const isUnchanged = isUnchangedByCast(type as unknown as SchemaType);
  return (value) => (isUnchanged(value) ? value : type.applySetters(checkedScalar(value), null, false));
}

export function leaveToMongoose(): never {
  throw new FormUnknownError();
}

function compileArray(type: FieldType, documents: CastDocument): Cast {
  const element = type.embeddedSchemaType;
  if (element === undefined) return leaveToMongoose;
  const castElement = kindOf(element) === 'mixed' ? undefined : compileCast(element, documents);
  const isNested = kindOf(element) === 'array' || kindOf(element) === 'documents';
  return (input, at) => {
    const value = withSetters(type, input);
    if (value === null || value === undefined) return value;
    // Mongoose wraps a single value, and guesses how deep for arrays of arrays.
    if (!isPlainArray(value)) leaveToMongoose();
    const cast: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (isNested && !Array.isArray(item)) leaveToMongoose();
      if (item === undefined && element.defaultValue !== undefined) leaveToMongoose();
      cast.push(castElement === undefined ? item : castElement(item, at));
    }
    return cast;
  };
}

function compileDocuments(type: FieldType, kind: 'document' | 'documents', documents: CastDocument): Cast {
  if (type.schema === undefined) return leaveToMongoose;
  const build = documents(type.schema);
  const one = (value: unknown, at: Date) => (isRecord(value) ? build(value, at) : leaveToMongoose());
  return (input, at) => {
    const value = withSetters(type, input);
    if (value === null || value === undefined) return value;
    if (kind === 'document') return one(value, at);
    if (!isPlainArray(value)) leaveToMongoose();
    const cast: unknown[] = [];
    for (let i = 0; i < value.length; i++) cast[i] = one(value[i], at);
    return cast;
  };
}

function withSetters(type: FieldType, input: unknown): unknown {
  let value = input;
  for (let i = type.setters.length - 1; i >= 0; i--) {
    value = type.setters[i]?.call(null, value, undefined, type);
  }
  return value;
}

function checkedScalar(value: unknown): unknown {
  if (typeof value === 'object') {
    if (value !== null && !isBsonValue(value)) leaveToMongoose();
  } else if (typeof value === 'function' || typeof value === 'symbol') {
    leaveToMongoose();
  }
  return value;
}

/** The caller's date must not be the stored one: it can be changed. */
function ownDate(cast: unknown, input: unknown): unknown {
  return cast === input && cast instanceof Date ? new Date(cast) : cast;
}

function withoutEmpty(value: unknown): unknown {
  return isRecord(value) && Object.keys(value).length === 0 ? undefined : value;
}

function toBinary(value: unknown): unknown {
  if (value === null || value === undefined) return value;
  return (value as { toObject(): unknown }).toObject();
}

function storeArray(
  value: unknown[],
  element: FieldType | undefined,
  ofElement: (value: unknown) => unknown,
  isMinimized: boolean,
): unknown[] {
  if (element !== undefined && kindOf(element) === 'mixed') {
    return Array.from(value, (item) => copyOf(item, isMinimized, true));
  }
  return value.map(ofElement);
}

function isPlainArray(value: unknown): value is unknown[] {
  return Array.isArray(value) && !('isMongooseArray' in value);
}

/** Names that Mongoose never stores: they would reach the prototype. */
const NEVER_STORED = new Set(['__proto__', 'constructor', 'prototype']);
/** Names that give an object another meaning to Mongoose or BSON. */
const SPECIAL_NAMES = ['_bsontype', 'toBSON', 'constructor', '$isMongooseMap', 'isMongooseBuffer'];
const DEEPEST = 180;

/** A copy of free-form data, as Mongoose stores it. */
function copyOf(value: unknown, isMinimized: boolean, isElement: boolean, depth = 0): unknown {
  if (typeof value === 'function' || typeof value === 'symbol' || depth > DEEPEST) leaveToMongoose();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    if (!isPlainArray(value)) leaveToMongoose();
    return Array.from(value, (item) => copyOf(item, isMinimized, true, depth + 1));
  }
  if (value instanceof Date) return new Date(value);
  if (isBsonValue(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || !isRecord(value)) leaveToMongoose();
  if (SPECIAL_NAMES.some((name) => Object.hasOwn(value, name))) leaveToMongoose();
  const copy: Record<string, unknown> = {};
  let isEmpty = true;
  for (const key of Object.keys(value)) {
    if (NEVER_STORED.has(key)) continue;
    const item = copyOf(value[key], isMinimized, false, depth + 1);
    if (item === undefined) continue;
    copy[key] = item;
    isEmpty = false;
  }
  // Mongoose drops an empty object the first time that it meets it, and keeps it the second.
  if (isEmpty && isMinimized && !isElement) leaveToMongoose();
  return copy;
}
