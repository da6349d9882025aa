import { mongo, Schema, type SchemaType } from 'mongoose';

/** What Mongoose keeps on its types beyond what it declares. */
interface SchemaTypeInternals {
  setters: readonly unknown[];
  /** Set by `schema.path(…).cast(fn)`. */
  _castFunction?: unknown;
  /** Mongoose's setter for `immutable`: does nothing outside a document. */
  $immutableSetter?: unknown;
}

const READY: Partial<Record<string, (value: unknown) => boolean>> = {
  String: (value) => typeof value === 'string',
  Number: (value) => typeof value === 'number' && !Number.isNaN(value),
  Boolean: (value) => typeof value === 'boolean',
  Date: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  ObjectId: (value) => value instanceof mongo.ObjectId,
};

/** Has the cast of all fields of its type, which an application may replace: `Schema.Types.String.cast(fn)`. */
interface CastingClass {
  cast(): unknown;
}
const { String: Text, Number: Numeric, Boolean: Bool, Date: Time, ObjectId } = Schema.Types;
const BUILT_IN = new Map(
  ([Text, Numeric, Bool, Time, ObjectId] as unknown as CastingClass[]).map((type) => [type, type.cast()]),
);

/**
 * A test that spares the cast: `true` when the type would give back this very value.
 *
 * @param type - Of a single value
 */
export function isUnchangedByCast(type: SchemaType): (value: unknown) => boolean {
  const { setters, _castFunction, $immutableSetter } = type as unknown as SchemaTypeInternals;
  // An automatic id has a setter that fills in what a new document lacks.
  const idSetters = type.instance === 'ObjectId' && type.options.auto === true ? 1 : 0;
  const ownSetters = setters.filter((setter) => setter !== $immutableSetter).length - idSetters;
  const itsClass = type.constructor as unknown as CastingClass;
  const isBuiltIn = BUILT_IN.has(itsClass) && BUILT_IN.get(itsClass) === itsClass.cast();
  const isPlain = isBuiltIn && _castFunction === undefined && ownSetters === 0;
  return (isPlain ? READY[type.instance] : undefined) ?? (() => false);
}
