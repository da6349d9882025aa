import type { FieldType, FieldValidator } from '../schema/field-type.ts';
import { toPattern } from './to-pattern.ts';

/** A part of a `$jsonSchema`. */
export type JsonSchema = Record<string, unknown>;

/** Types whose bounds the server can check. */
const NUMBERS = ['Number', 'Int32', 'Double'];

interface Describable {
  instance?: string;
  toJSONSchema(options: object): JsonSchema;
}

/**
 * The rules of a field with one value: its type from Mongoose, and of its validators those that the server judges alike.
 *
 * @param isNullable - Whether `null` may be stored
 */
export function rulesOf(type: FieldType, isNullable: boolean): JsonSchema {
  const described = describe(type);
  if (described?.bsonType === undefined) return {};
  const { bsonType } = described;
  const types = [bsonType].flat().filter((name) => name !== 'null') as string[];
  const rules: JsonSchema = { bsonType: isNullable ? [...types, 'null'] : types[0] };
  const { instance } = type as Partial<Describable>;
  for (const validator of type.validators) Object.assign(rules, ruleOf(validator, instance, isNullable));
  return rules;
}

/** As Mongoose says it; `undefined` for a type that is none of its own. */
function describe(type: FieldType): JsonSchema | undefined {
  try {
    return (type as unknown as Describable).toJSONSchema({ useBsonType: true });
  } catch {
    return undefined;
  }
}

function ruleOf(validator: FieldValidator, instance = '', isNullable: boolean): JsonSchema | undefined {
  const { type, min, max, enumValues, regexp, minlength, maxlength } = validator as FieldValidator & Limits;
  if (type === 'enum' && Array.isArray(enumValues)) {
    // The server refuses a list that names a value twice.
    const values = new Set((enumValues as unknown[]).filter((value) => value != null));
    return { enum: [...values, ...(isNullable ? [null] : [])] };
  }
  if (NUMBERS.includes(instance)) {
    if (type === 'min' && isNumber(min)) return { minimum: min };
    if (type === 'max' && isNumber(max)) return { maximum: max };
  }
  if (instance === 'String') {
    // Mongoose counts UTF-16 units, of which a character has one or two; the server counts characters.
    if (type === 'minlength' && isNumber(minlength)) return { minLength: Math.ceil(minlength / 2) };
    if (type === 'maxlength' && isNumber(maxlength)) return { maxLength: maxlength };
    const pattern = type === 'regexp' && regexp instanceof RegExp ? toPattern(regexp) : undefined;
    if (pattern !== undefined) return { pattern };
  }
  return undefined;
}

interface Limits {
  min?: unknown;
  max?: unknown;
  enumValues?: unknown;
  regexp?: unknown;
  minlength?: unknown;
  maxlength?: unknown;
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
