import { Error as MongooseErrors, type SchemaType } from 'mongoose';
import type { FieldProblem } from '../errors/database.error.ts';
import { problemsOfValidationError } from '../errors/field-problems.ts';
import { refusePromise } from './field-checks.ts';
import type { PathNode } from './path-node.ts';

/** A validator as Mongoose keeps it. */
interface Validator {
  type?: string;
  validator?: unknown;
  propsParameter?: boolean;
}

/** A validator made ready: whether a value passes it. */
interface Check {
  entry: Validator;
  isRequired: boolean;
  passes: (value: unknown, path: string) => boolean;
}

const compiled = new WeakMap<SchemaType, readonly Check[]>();

/**
 * Runs the validators of one field, with no document at hand: `this` is `null`.
 *
 * @param problems - Receives the first problem
 * @throws {@link ValidatorAsyncError} When a validator is asynchronous
 */
export function validate(type: SchemaType, value: unknown, path: string, problems: FieldProblem[]): void {
  for (const { entry, isRequired, passes } of checksOf(type)) {
    // A field that is absent can only break `required`.
    if (value === undefined && !isRequired) continue;
    if (passes(value, path)) continue;
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

function checksOf(type: SchemaType): readonly Check[] {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const checks = (type.validators as readonly Validator[]).map((entry) => ({
    entry,
    isRequired: entry.type === 'required',
    passes: compilePasses(entry),
  }));
  compiled.set(type, checks);
  return checks;
}

function compilePasses({ validator, ...properties }: Validator): Check['passes'] {
  if (validator instanceof RegExp) return (value) => validator.test(String(value));
  if (typeof validator !== 'function') return () => true;
  const call: (value: unknown, path: string) => unknown =
    properties.propsParameter === true
      ? (value, path) => Reflect.apply(validator, null, [value, { ...properties, path, value }])
      : (value) => Reflect.apply(validator, null, [value]);
  return (value, path) => {
    const result = attempt(call, value, path);
    refusePromise(result, path);
    // As in Mongoose, a validator that returns nothing has nothing against the value.
    return result === undefined || Boolean(result);
  };
}

/** As in Mongoose, a validator that throws has refused the value. */
function attempt(
  validator: (value: unknown, path: string) => unknown,
  value: unknown,
  path: string,
): unknown {
  try {
    return validator(value, path);
  } catch {
    return false;
  }
}

function problemOf(entry: Validator, value: unknown, path: string): FieldProblem {
  const error = new MongooseErrors.ValidationError();
  error.addError(path, new MongooseErrors.ValidatorError({ ...entry, path, value }));
  const [problem] = problemsOfValidationError(error);
  return problem ?? { path, message: 'is not valid' };
}
