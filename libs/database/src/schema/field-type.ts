import { mongo, Schema } from 'mongoose';

/** A function of the schema's author that Mongoose calls with the document as `this`. */
export type SchemaFunction = (this: unknown, ...args: unknown[]) => unknown;

export interface FieldValidator {
  validator: RegExp | SchemaFunction;
  type?: string;
  propsParameter?: boolean;
  min?: unknown;
  max?: unknown;
}

/** What Mongoose keeps about one field; its own typings show a part of it. */
export interface FieldType {
  path: string;
  options: Record<string, unknown>;
  setters: SchemaFunction[];
  getters: SchemaFunction[];
  validators: FieldValidator[];
  defaultValue?: unknown;
  /** Of a subdocument or an array of them. */
  schema?: Schema;
  /** Of the elements of an array. */
  embeddedSchemaType?: FieldType;
  requiredValidator?: SchemaFunction;
  minValidator?: SchemaFunction;
  maxValidator?: SchemaFunction;
  originalRequiredValue?: unknown;
  $immutable?: unknown;
  _castFunction?: unknown;
  discriminators?: object;
  Constructor?: { discriminators?: object };
  /** Of the values of a map. */
  $__schemaType?: FieldType;
  applySetters(value: unknown, scope: null, init: boolean): unknown;
  getDefault(scope: null, init: boolean): unknown;
  cast(value: unknown, scope: null, init: boolean): unknown;
}

/** Setters that Mongoose adds by itself: for a new document they change nothing. */
export function isIdleSetter(type: FieldType, setter: SchemaFunction): boolean {
  idleCode ??= readIdleCode();
  const code = codeOf(setter);
  if (code === idleCode.immutable) return Boolean(type.$immutable);
  return code === idleCode.auto && Boolean(type.options.auto);
}

/** They are known by their code: a bundle does not keep the names of function expressions. */
let idleCode: { immutable: string | undefined; auto: string | undefined } | undefined;

function readIdleCode(): NonNullable<typeof idleCode> {
  const { paths } = partsOf(new Schema({ fixed: { type: String, immutable: true } }));
  const [immutable, auto] = [paths.fixed?.setters[0], paths._id?.setters[0]];
  return { immutable: immutable && codeOf(immutable), auto: auto && codeOf(auto) };
}

function codeOf(fn: SchemaFunction): string {
  return Function.prototype.toString.call(fn);
}

interface Hook {
  fn: SchemaFunction;
}

/** What Mongoose keeps about a schema, beyond its typings. */
export interface SchemaParts {
  paths: Record<string, FieldType>;
  nested: Record<string, true>;
  tree: Record<string, unknown>;
  virtuals: Record<string, { setters: SchemaFunction[]; options: Record<string, unknown> }>;
  aliases: Record<string, unknown>;
  methods: Record<string, unknown>;
  options: Record<string, unknown> & { toObject?: object };
  callQueue: unknown[];
  discriminators?: object;
  discriminatorMapping?: object;
  $timestamps?: Timestamps;
  $globalPluginsApplied?: boolean;
  base?: { options?: { toObject?: object } };
  s: { hooks: { _pres: Map<string, Hook[]>; _posts: Map<string, Hook[]> } };
}

export interface Timestamps {
  createdAt?: string | null;
  updatedAt?: string | null;
}

export function partsOf(schema: Schema): SchemaParts {
  return schema as unknown as SchemaParts;
}

/** How a field is written; `whole` leaves every document that has it to Mongoose. */
export type FieldKind = 'scalar' | 'date' | 'buffer' | 'mixed' | 'array' | 'documents' | 'document' | 'whole';

const KINDS: Partial<Record<keyof typeof Schema.Types, FieldKind>> = {
  String: 'scalar',
  Number: 'scalar',
  Boolean: 'scalar',
  ObjectId: 'scalar',
  Decimal128: 'scalar',
  UUID: 'scalar',
  BigInt: 'scalar',
  Int32: 'scalar',
  Double: 'scalar',
  Date: 'date',
  Buffer: 'buffer',
  Mixed: 'mixed',
  Array: 'array',
  DocumentArray: 'documents',
  Subdocument: 'document',
  Map: 'whole',
};

const KIND_OF_CLASS = new Map<unknown, FieldKind | undefined>(
  Object.entries(KINDS).map(([name, kind]) => [Schema.Types[name as keyof typeof Schema.Types], kind]),
);

/** @returns `undefined` for a type that is not one of Mongoose's own */
export function kindOf(type: FieldType): FieldKind | undefined {
  return KIND_OF_CLASS.get(type.constructor);
}

/** The input has a form that only Mongoose itself reads: a document of its own, an object where a number is expected. */
export class FormUnknownError extends Error {}

/** An object with fields: plain, or of a class of the application. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    if (Object.prototype.toString.call(value) !== '[object Object]') return false;
    if ('toObject' in value) return false;
  }
  return !('$__' in value || '_bsontype' in value);
}

/** A date, bytes or a number type of BSON itself, not an object that merely looks like one. */
export function isBsonValue(value: object): boolean {
  return (
    value instanceof Date ||
    value instanceof mongo.ObjectId ||
    Buffer.isBuffer(value) ||
    value instanceof mongo.Binary ||
    value instanceof mongo.Decimal128 ||
    value instanceof mongo.Long ||
    value instanceof mongo.Double ||
    value instanceof mongo.Int32
  );
}
