import type { Schema } from 'mongoose';
import { type Cast, compileCast, compileStore, leaveToMongoose } from './field-caster.ts';
import { type Check, compileCheck } from './field-checks.ts';
import { type FieldType, kindOf, type SchemaFunction } from './field-type.ts';

/** One path of a schema, ready to be written. */
export interface Field {
  isNested: false;
  /** Its name within the object that holds it. */
  key: string;
  cast: Cast;
  check: Check | undefined;
  store: ((value: unknown) => unknown) | undefined;
  /** Default that is there before any value is set. */
  early: ((at: Date) => unknown) | undefined;
  /** Default that comes after all values are set: it stands at the end. */
  late: ((at: Date) => unknown) | undefined;
  /** Whether the place of an undefined value matters: something else comes there later. */
  isPlaced: boolean;
  /** Setters also see an undefined value. */
  hasSetters: boolean;
  /** A getter can hide a default from Mongoose, so that an undefined value replaces it. */
  hasGetters: boolean;
}

export interface FieldContext {
  isMinimized: boolean;
  isStamp: boolean;
  documents: (schema: Schema) => (input: object, at: Date) => unknown;
}

export function compileField(type: FieldType, key: string, context: FieldContext): Field {
  const cast = compileCast(type, context.documents);
  const { defaultValue } = type;
  const makeDefault = defaultValue === undefined ? undefined : compileDefault(type, cast);
  const isBefore = typeof defaultValue !== 'function' || runsBeforeSetters(defaultValue);
  return {
    isNested: false,
    key,
    cast,
    check: compileCheck(type),
    store: compileStore(type, context.isMinimized),
    early: isBefore ? makeDefault : undefined,
    late: isBefore ? undefined : makeDefault,
    isPlaced: context.isStamp || (!isBefore && makeDefault !== undefined),
    hasSetters: type.setters.length > 0,
    hasGetters: type.getters.length > 0,
  };
}

export function isAcceptable({ check }: Field, value: unknown): boolean {
  return check === undefined || check(value);
}

function runsBeforeSetters(defaultValue: object): boolean {
  return (defaultValue as { $runBeforeSetters?: boolean }).$runBeforeSetters === true;
}

function compileDefault(type: FieldType, cast: Cast): (at: Date) => unknown {
  const kind = kindOf(type);
  if (kind === 'whole') return leaveToMongoose;
  // Any other one is a reason not to compile the schema.
  if (kind === 'documents') return () => (type.defaultValue === null ? null : []);
  if (kind === 'array' || kind === 'document') {
    return (at) => {
      const value = rawDefault(type);
      return value === null || value === undefined ? value : cast(value, at);
    };
  }
  return () => type.getDefault(null, false);
}

function rawDefault({ defaultValue }: FieldType): unknown {
  return typeof defaultValue === 'function' ? (defaultValue as SchemaFunction).call(null) : defaultValue;
}
