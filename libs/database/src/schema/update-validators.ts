import { Error as MongooseErrors, type SchemaType } from 'mongoose';
import type { FieldProblem } from '../errors/database.error.ts';
import { problemsOfValidationError } from '../errors/field-problems.ts';
import type { PathNode } from './path-node.ts';

/** A validator as Mongoose keeps it. */
interface Validator {
  type?: string;
  validator?: unknown;
  propsParameter?: boolean;
}

/**
 * Runs the validators of one field, with no document at hand: `this` is `null`.
 *
 * @param problems - Receives the first problem
 * @throws {@link TypeError} When a validator is asynchronous
 */
export function validate(type: SchemaType, value: unknown, path: string, problems: FieldProblem[]): void {
  for (const entry of type.validators as readonly Validator[]) {
    // A field that is absent can only break `required`.
    if (value === undefined && entry.type !== 'required') continue;
    if (isPassed(entry, value, path)) continue;
    problems.push(problemOf(entry, value, path));
    return;
  }
}

/** Whether a field, or one of the fields written inline in it, has to be there. */
export function validateAbsence(node: PathNode, path: string, problems: FieldProblem[]): void {
  if (node.type !== undefined) validate(node.type, undefined, path, problems);
  if (node.kind !== 'nested') return;
  for (const [name, child] of node.children) validateAbsence(child, `${path}.${name}`, problems);
}

function isPassed({ validator, ...properties }: Validator, value: unknown, path: string): boolean {
  if (validator instanceof RegExp) return validator.test(String(value));
  if (typeof validator !== 'function') return true;
  const result: unknown = attempt(() =>
    properties.propsParameter === true
      ? Reflect.apply(validator, null, [value, { ...properties, path, value }])
      : Reflect.apply(validator, null, [value]),
  );
  if (isPromise(result)) {
    // Nobody waits for it: without this its failure would end the process.
    result.then(undefined, () => undefined);
    throw new TypeError(`The validator of ${path} is asynchronous: check it before the update`);
  }
  // As in Mongoose, a validator that returns nothing has nothing against the value.
  return result === undefined || Boolean(result);
}

/** As in Mongoose, a validator that throws has refused the value. */
function attempt(validator: () => unknown): unknown {
  try {
    return validator();
  } catch {
    return false;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function problemOf(entry: Validator, value: unknown, path: string): FieldProblem {
  const error = new MongooseErrors.ValidationError();
  error.addError(path, new MongooseErrors.ValidatorError({ ...entry, path, value }));
  const [problem] = problemsOfValidationError(error);
  return problem ?? { path, message: 'is not valid' };
}
