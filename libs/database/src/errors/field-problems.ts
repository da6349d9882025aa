import { Error as MongooseErrors } from 'mongoose';
import type { FieldProblem } from './database.error.ts';

/** What each built-in validator of Mongoose asks for; its own messages repeat the value. */
const VALIDATORS: Record<string, (properties: Record<string, unknown>) => string> = {
  required: () => 'is required',
  min: ({ min }) => `must be at least ${String(min)}`,
  max: ({ max }) => `must be at most ${String(max)}`,
  minlength: ({ minlength }) => `must have at least ${String(minlength)} characters`,
  maxlength: ({ maxlength }) => `must have at most ${String(maxlength)} characters`,
  enum: ({ enumValues }) =>
    `must be one of ${(enumValues as unknown[] | undefined)?.join(', ') ?? 'the allowed values'}`,
  regexp: () => 'has the wrong form',
};

/** One problem a field, in the order of the schema. */
export function problemsOfValidationError(error: MongooseErrors.ValidationError): FieldProblem[] {
  return Object.entries(error.errors).map(([path, fieldError]) => {
    if (fieldError instanceof MongooseErrors.CastError)
      return { path, message: `must be ${nameOfKind(fieldError.kind)}` };
    const properties = fieldError.properties as unknown as Record<string, unknown>;
    return { path, message: VALIDATORS[fieldError.kind]?.(properties) ?? 'is not valid' };
  });
}

/** A value that cannot be turned into the type of its field. */
export function problemsOfCastError(error: MongooseErrors.CastError): FieldProblem[] {
  return [{ path: error.path, message: `must be ${nameOfKind(error.kind)}` }];
}

/**
 * What the collection's own validator refused, as far as the server tells it field by field.
 *
 * @param errInfo - As the server sends it beside code 121
 */
export function problemsOfServerValidation(errInfo: unknown): FieldProblem[] {
  const rules = findRules(errInfo);
  if (rules.length === 0) return [{ path: '', message: 'it is refused by the validator of the collection' }];
  return rules.map((path) => ({ path, message: 'is refused by the validator of the collection' }));
}

/** Paths under `propertiesNotSatisfied`, `missingProperties` and `additionalProperties`: https://www.mongodb.com/docs/manual/core/schema-validation/ */
function findRules(info: unknown, prefix = ''): string[] {
  if (Array.isArray(info)) return info.flatMap((entry) => findRules(entry, prefix));
  if (typeof info !== 'object' || info === null) return [];
  const record = info as Record<string, unknown>;
  if (typeof record.propertyName === 'string') {
    const path = `${prefix}${record.propertyName}`;
    const inner = findRules(record.details, `${path}.`);
    return inner.length > 0 ? inner : [path];
  }
  const names = record.missingProperties ?? record.additionalProperties;
  if (Array.isArray(names)) return names.map((name) => `${prefix}${String(name)}`);
  // The value and the rule themselves may hold keys of the same names.
  const { consideredValue: _value, specifiedAs: _rule, ...inner } = record;
  return Object.values(inner).flatMap((value) => findRules(value, prefix));
}

/** The types of Mongoose that have another name outside it. */
const KINDS: Record<string, string> = { date: 'Date', Embedded: 'object', Map: 'object' };

function nameOfKind(kind: string): string {
  const type = kind.replace(/^\[(.*)\]$/, '$1');
  const name = KINDS[type] ?? type;
  return `${/^[aeio]/i.test(name) ? 'an' : 'a'} ${name}`;
}
