import type { Filter, Stored } from '#database';
import { isDateTime } from '../input/date-time.ts';
import { isText } from '../input/fields.ts';
import { Parameter } from './parameter.decorator.ts';
import { OBJECT_ID } from './resource-id.ts';

const NUMBER = /^-?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,3})?$/;
const INTEGER = /^-?\d{1,16}$/;
const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;

/** A filter for a field of text: the field has this value, or its list holds it. */
export function FilterParameter(
  api: { enum?: readonly string[]; maxLength?: number; format?: string },
  description: string,
): PropertyDecorator {
  const { enum: choices, maxLength = 200, ...rest } = api;
  const shape = choices ? { enum: [...choices] } : { minLength: 1, maxLength };
  const message = choices
    ? `must be one of ${choices.join(', ')}`
    : `must be text of 1 to ${maxLength} characters`;
  return Parameter(
    { type: 'string', ...rest, ...shape },
    description,
    message,
    (value) => choices?.includes(value) ?? isText(value, 1, maxLength),
  );
}

/** What is compared with fields of other types. */
const KINDS = {
  number: {
    api: { type: 'number', minimum: MIN_SAFE_INTEGER, maximum: MAX_SAFE_INTEGER },
    message: 'must be a number',
    check: (value: string) => NUMBER.test(value) && Math.abs(Number(value)) <= MAX_SAFE_INTEGER,
  },
  integer: {
    api: { type: 'integer', minimum: MIN_SAFE_INTEGER, maximum: MAX_SAFE_INTEGER },
    message: 'must be a whole number',
    check: (value: string) => INTEGER.test(value) && Number.isSafeInteger(Number(value)),
  },
  boolean: {
    api: { type: 'boolean' },
    message: 'must be true or false',
    check: (value: string) => value === 'true' || value === 'false',
  },
  date: {
    api: { type: 'string', format: 'date-time' },
    message: 'must be a date and time that exists, such as 2026-11-05T09:30:00.000Z',
    check: isDateTime,
  },
  objectId: {
    api: { type: 'string', pattern: OBJECT_ID.source },
    message: 'must be 24 hexadecimal digits',
    check: (value: string) => OBJECT_ID.test(value),
  },
} as const;

/** {@link FilterParameter} for a field that is no text. The value stays the text that it came as; the schema casts it. */
export function ValueParameter(kind: keyof typeof KINDS, description: string): PropertyDecorator {
  const { api, message, check } = KINDS[kind];
  return Parameter(api, description, message, check);
}

/**
 * The filter of a list: each field has its value, as the schema casts it.
 *
 * @param values - By field; what is absent does not count
 */
export function toFilter<T>(values: { [K in keyof Stored<T>]?: string | undefined }): Filter<T> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Filter<T>;
}
