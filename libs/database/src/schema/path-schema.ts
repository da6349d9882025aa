import type { Schema, SchemaType } from 'mongoose';
import { FilterInvalidError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';

/** Names of the fields that hold the times, where a schema keeps them. */
export interface TimestampPaths {
  createdAt?: string | null;
  updatedAt?: string | null;
}

/** What Mongoose keeps on its schemas and types beyond what it declares. */
interface SchemaInternals {
  $timestamps?: TimestampPaths;
  discriminatorMapping?: { key: string; value: string; isRoot: boolean };
}
interface SchemaTypeInternals {
  setters: readonly ((value: unknown, prior: undefined, type: SchemaType) => unknown)[];
  defaultValue?: unknown;
}

export function timestampsOf(schema: Schema | undefined): TimestampPaths {
  return (schema as SchemaInternals | undefined)?.$timestamps ?? {};
}

/** The field and value that tell the documents of a discriminator from others in its collection. */
export function discriminatorOf(schema: Schema): { key: string; value: string } | undefined {
  const mapping = (schema as unknown as SchemaInternals).discriminatorMapping;
  return mapping === undefined || mapping.isRoot ? undefined : mapping;
}

/** The schema of the discriminator that a document names, or `undefined` when it names none. */
export function variantOf(schema: Schema | undefined, document: Record<string, unknown>): Schema | undefined {
  const key = schema?.get('discriminatorKey');
  if (schema?.discriminators === undefined || key === undefined) return undefined;
  return Object.values(schema.discriminators).find(
    (variant) => discriminatorOf(variant)?.value === document[key],
  );
}

/** The default of a field before it is cast, made anew on each call; `undefined` when it has none. */
export function defaultOf(type: SchemaType): unknown {
  const { defaultValue } = type as unknown as SchemaTypeInternals;
  // As a function, Array would make a list of its argument.
  if (defaultValue === Array) return [];
  return typeof defaultValue === 'function' ? Reflect.apply(defaultValue, null, [null]) : defaultValue;
}

/** Runs a field's setters, the last first as Mongoose does. */
export function runSetters(type: SchemaType, value: unknown): unknown {
  const { setters } = type as unknown as SchemaTypeInternals;
  let set = value;
  for (const setter of setters.toReversed()) set = Reflect.apply(setter, null, [set, undefined, type]);
  return set;
}

/** What a type asks for, as the rest of a sentence about the value. */
export function castError(error: unknown, type: SchemaType | undefined): string {
  const named = toDatabaseError(error);
  const message = named instanceof FilterInvalidError ? named.problems[0]?.message : undefined;
  return message ?? mustBe(type);
}

export function mustBe(type: SchemaType | undefined): string {
  const name = type?.instance ?? 'value';
  return `must be ${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** Mongoose's own buffers become what the driver stores. */
export function plainBuffer(value: unknown): unknown {
  if (!(value instanceof Uint8Array) || !('toObject' in value)) return value;
  return typeof value.toObject === 'function' ? (value.toObject() as unknown) : value;
}
