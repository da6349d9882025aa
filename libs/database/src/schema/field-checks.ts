import type { FieldType, FieldValidator } from './field-type.ts';

/** Whether a cast value satisfies every validator of its field. */
export type Check = (value: unknown) => boolean;

/** A validator gave a promise; its answer would be ignored. */
export class ValidatorAsyncError extends TypeError {
  constructor(path: string) {
    super(`The validator of ${path} gives a promise, which only Mongoose waits for`);
    this.name = new.target.name;
  }
}

/** @returns `undefined` when the field has no validator, nor its elements */
export function compileCheck(type: FieldType): Check | undefined {
  const own = compileOwn(type);
  const element = type.schema === undefined ? type.embeddedSchemaType : undefined;
  const ofElement = element && compileCheck(element);
  if (ofElement === undefined) return own;
  return (value) => (own?.(value) ?? true) && (!Array.isArray(value) || everyElement(value, ofElement));
}

/** Also the holes of a sparse array, which `every` passes over. */
function everyElement(values: unknown[], check: Check): boolean {
  for (let i = 0; i < values.length; i++) if (!check(values[i])) return false;
  return true;
}

function compileOwn(type: FieldType): Check | undefined {
  const validators = type.validators.filter((entry) => typeof entry === 'object' && entry !== null);
  if (validators.length === 0) return undefined;
  const required = validators.filter(({ validator }) => validator === type.requiredValidator);
  const checksOfRequired = required.map((entry) => compileOne(type, entry));
  const checks = validators.map((entry) => compileOne(type, entry));
  // Mongoose asks nothing but `required` of what is absent.
  return (value) => all(value === undefined ? checksOfRequired : checks, value);
}

function all(checks: Check[], value: unknown): boolean {
  for (const check of checks) if (!check(value)) return false;
  return true;
}

function compileOne(type: FieldType, { validator }: FieldValidator): Check {
  if (validator instanceof RegExp) return (value) => validator.test(value as string);
  if (typeof validator !== 'function') return () => true;
  const isOwn = validator === type.requiredValidator;
  // A validator of the application sees the array that Mongoose would show: its `includes` knows equal ids.
  const isArray = type.embeddedSchemaType !== undefined && !isOwn;
  return (value) => {
    const shown = isArray && Array.isArray(value) ? type.cast([...value], null, false) : value;
    const answer = validator(shown);
    refusePromise(answer, type.path);
    return answer === undefined || Boolean(answer);
  };
}

/**
 * Nobody waits for a promise here.
 *
 * @throws {@link ValidatorAsyncError} When the answer of a validator is one
 */
export function refusePromise(answer: unknown, path: string): void {
  if (typeof answer !== 'object' || answer === null || !('then' in answer)) return;
  if (typeof answer.then !== 'function') return;
  // Without this its failure would end the process.
  Promise.resolve(answer).catch(() => undefined);
  throw new ValidatorAsyncError(path);
}
