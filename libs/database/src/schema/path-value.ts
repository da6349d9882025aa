import { mongo } from 'mongoose';
import { isRecord } from './field-type.ts';

/** Far above what schemas use; the server itself refuses more than about two hundred levels. */
export const MAX_DEPTH = 100;
/** What has this key is a BSON type to a driver, whoever wrote it. */
export const BSON_KEY = '_bsontype';
export const FORGED = 'holds a forged BSON type';
const PROTOTYPE_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/** An object as a literal or `JSON.parse` makes it, of any realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The own fields of an object; documents of Mongoose become plain. */
export function plainFields(value: unknown): Record<string, unknown> | undefined {
  if (
    typeof value === 'object' &&
    value !== null &&
    'toObject' in value &&
    typeof value.toObject === 'function'
  ) {
    const object: unknown = value.toObject();
    return isPlainObject(object) ? object : undefined;
  }
  if (isPlainObject(value)) return value;
  // Of a class of the application: what its prototype has is no field.
  return isRecord(value) ? { ...value } : undefined;
}

/** Whether a value says of itself that it is a BSON type and is none, as only data from outside does. */
export function isForgedBson(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    BSON_KEY in value &&
    !(value instanceof mongo.BSON.BSONValue || value instanceof Uint8Array)
  );
}

/** The reason why a key may not be used in a value, or `undefined`. */
export function problemOfKey(key: string): string | undefined {
  if (key.startsWith('$')) return 'holds a key that starts with $';
  if (PROTOTYPE_KEYS.includes(key)) return 'holds a key that is reserved';
  if (key === BSON_KEY) return FORGED;
  return undefined;
}

/**
 * Why a value of no declared type cannot be sent as it is: operators, forged types, functions, `undefined`.
 *
 * @returns The rest of a sentence about the value, or `undefined` when there is nothing against it
 */
export function problemOfLiteral(value: unknown, depth = 0): string | undefined {
  if (value === undefined) return 'holds undefined';
  if (typeof value === 'function' || typeof value === 'symbol') return 'holds what is no value';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return 'is nested too deeply';
  if (isForgedBson(value)) return FORGED;
  if (Array.isArray(value)) return firstProblem(value, depth);
  if (isPlainObject(value)) {
    return Object.keys(value).map(problemOfKey).find(Boolean) ?? firstProblem(Object.values(value), depth);
  }
  return isStorable(value) ? undefined : 'holds an object that is no plain value';
}

function firstProblem(values: readonly unknown[], depth: number): string | undefined {
  for (const value of values) {
    const problem = problemOfLiteral(value, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isStorable(value: object): boolean {
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  return value instanceof mongo.BSON.BSONValue || ArrayBuffer.isView(value) || value instanceof RegExp;
}
