import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, ValidateBy, ValidateIf } from 'class-validator';
import { OBJECT_ID } from '../resource/resource-id.ts';
import { isDateTime } from './date-time.ts';
import { EMAIL_PATTERN, isEmail, MAX_EMAIL_LENGTH } from './email.ts';

/** What every field takes; a field that is not required may be absent. */
export interface FieldOptions {
  required?: boolean;
  description?: string;
  /** Shows in the API documentation; a valid one. */
  example?: unknown;
}

/** Text of `min` (0 unless given) to `max` characters; `null` where it is not required. */
export function TextField({ min = 0, max, ...options }: { min?: number; max: number } & FieldOptions) {
  const shape = { type: 'string', minLength: min, maxLength: max } as const;
  return field(options, shape, `must be text of ${min} to ${max} characters`, (value) =>
    isText(value, min, max),
  );
}

/** An e-mail address. Capitals and spaces around it are taken, and do not distinguish it from another one. */
export function EmailField(options: FieldOptions = {}) {
  const shape = {
    type: 'string',
    format: 'email',
    pattern: EMAIL_PATTERN,
    maxLength: MAX_EMAIL_LENGTH,
  } as const;
  return field(
    options,
    shape,
    'must be an e-mail address',
    (value) => isText(value, 3, MAX_EMAIL_LENGTH) && isEmail(value as string),
  );
}

/** One of several words. Where it is not required it may be absent, for the default of the schema. */
export function ChoiceField(choices: readonly string[], options: FieldOptions = {}) {
  const shape = { type: 'string', enum: [...choices] } as const;
  const message = `must be one of ${choices.join(', ')}`;
  return field({ ...options, isNullable: false }, shape, message, (value) =>
    choices.includes(value as string),
  );
}

/** A list of up to `maxItems` texts of 1 to `max` characters. Where it is not required it may be absent, and is empty then. */
export function TextListField({
  max,
  maxItems,
  ...options
}: { max: number; maxItems: number } & FieldOptions) {
  const shape = { type: 'array', maxItems, items: { type: 'string', minLength: 1, maxLength: max } } as const;
  const message = `must be a list of at most ${maxItems} texts of 1 to ${max} characters`;
  return field({ ...options, isNullable: false }, shape, message, (value) => {
    return Array.isArray(value) && value.length <= maxItems && value.every((item) => isText(item, 1, max));
  });
}

/** The id of another document, of 24 hexadecimal digits; `null` where it is not required. */
export function ObjectIdField(options: FieldOptions = {}) {
  const shape = { type: 'string', pattern: OBJECT_ID.source } as const;
  return field(
    options,
    shape,
    'must be 24 hexadecimal digits',
    (value) => typeof value === 'string' && OBJECT_ID.test(value),
  );
}

/** A moment as in RFC 3339, kept to the millisecond, in the years 1 to 9999; `null` where it is not required. */
export function DateTimeField(options: FieldOptions = {}) {
  const shape = { type: 'string', format: 'date-time' } as const;
  return field(
    options,
    shape,
    'must be a date and time that exists, such as 2026-11-05T09:30:00.000Z',
    (value) => typeof value === 'string' && isDateTime(value),
  );
}

/** A number, not text; `null` where it is not required. */
export function NumberField({
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
  isWhole = false,
  ...options
}: { min?: number; max?: number; isWhole?: boolean } & FieldOptions = {}) {
  const shape = { type: isWhole ? 'integer' : 'number', minimum: min, maximum: max } as const;
  const message = `must be a ${isWhole ? 'whole ' : ''}number of ${min} to ${max}`;
  return field(options, shape, message, (value) => {
    return typeof value === 'number' && value >= min && value <= max && (!isWhole || Number.isInteger(value));
  });
}

/** `true` or `false`, not text; `null` where it is not required. */
export function BooleanField(options: FieldOptions = {}) {
  return field(options, { type: 'boolean' }, 'must be true or false', (value) => typeof value === 'boolean');
}

interface OwnOptions extends FieldOptions {
  isNullable?: boolean;
}

function field(
  { required = false, isNullable = !required, ...documentation }: OwnOptions,
  shape: object,
  message: string,
  validate: (value: unknown) => boolean,
): PropertyDecorator {
  const rule = ValidateBy({ name: 'field', validator: { validate, defaultMessage: () => message } });
  const api = ApiProperty({
    ...shape,
    ...documentation,
    required,
    ...(isNullable && { nullable: true }),
  });
  if (required) return applyDecorators(api, rule);
  return applyDecorators(
    api,
    rule,
    isNullable ? IsOptional() : ValidateIf((_, value) => value !== undefined),
  );
}

/** As JSON Schema counts: a character outside the first plane is one. */
export function isText(value: unknown, min: number, max: number): boolean {
  // Half a character would be stored as another one.
  if (typeof value !== 'string' || value.length < min || !value.isWellFormed()) return false;
  if (value.length > max * 2) return false;
  const { length } = value.length > max || value.length < min * 2 ? Array.from(value) : value;
  return length >= min && length <= max;
}
