import {
  type FieldType,
  type FieldValidator,
  isIdleSetter,
  kindOf,
  type SchemaFunction,
} from './field-type.ts';

/** Why this field needs a Mongoose document; empty when it does not. */
export function reasonsOfField(type: FieldType): string[] {
  const { path } = type;
  const kind = kindOf(type);
  if (kind === undefined) return [`${path} has a type that is not known here`];
  const reasons = [...reasonsOfDefault(type), ...reasonsOfSetters(type), ...reasonsOfValidators(type)];
  if (type._castFunction !== undefined && type.options.cast !== false) {
    reasons.push(`${path} has a cast function`);
  }
  if (kind === 'document' && type.options.minimize !== undefined)
    reasons.push(`${path} has minimize of its own`);
  if (typeof type.originalRequiredValue === 'function') reasons.push(`${path} has a required function`);
  if (type.getters.length > 0 && type.schema !== undefined) reasons.push(`${path} has a getter on documents`);
  if (hasNames(type.discriminators) || hasNames(type.Constructor?.discriminators)) {
    reasons.push(`${path} has discriminators`);
  }
  return reasons;
}

/** Whether it is a function that a call without its document would change. */
export function usesDocument(fn: SchemaFunction): boolean {
  const source = Function.prototype.toString.call(fn);
  if (/^(async\s*)?(\([^]*?\)|[\w$]+)\s*=>/.test(source)) return false;
  return /\b(this|arguments|super|eval)\b/.test(source);
}

function isAsync(fn: SchemaFunction): boolean {
  return fn.constructor.name.startsWith('Async');
}

function reasonsOfDefault(type: FieldType): string[] {
  const { path, defaultValue } = type;
  const kind = kindOf(type);
  const given: unknown = type.options.default;
  if (kind === 'documents') {
    return isEmpty(given) && isEmpty(defaultValue) ? [] : [`${path} has a default on an array of documents`];
  }
  // Mongoose wraps the default of an array, unless it is set later.
  const isWrapped =
    kind === 'array' && typeof defaultValue === 'function' && '$runBeforeSetters' in defaultValue;
  const functions = [given, isWrapped ? undefined : defaultValue].filter(
    (value) => typeof value === 'function',
  );
  return (functions as SchemaFunction[]).some((fn) => takesDocument(fn) || usesDocument(fn) || isAsync(fn))
    ? [`${path} has a default that uses its document`]
    : [];
}

/** Mongoose's own default of an array of documents is a function that makes an empty one. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  const made: unknown = typeof value === 'function' ? (value as SchemaFunction).call(null) : value;
  return Array.isArray(made) && made.length === 0;
}

/** Also by a parameter with a default or a rest, which do not count in `length`. */
function takesDocument(fn: SchemaFunction): boolean {
  if (fn === Array || /^Object(Id|ID)$/.test(fn.name)) return false;
  return fn.length > 0 || /^[^(=]*\(\s*[^)\s]/.test(Function.prototype.toString.call(fn));
}

function reasonsOfSetters(type: FieldType): string[] {
  return type.setters.flatMap((setter) => {
    if (isIdleSetter(type, setter)) return [];
    return setter.length > 1 || usesDocument(setter) || isAsync(setter)
      ? [`${type.path} has a setter that uses its document`]
      : [];
  });
}

function reasonsOfValidators(type: FieldType): string[] {
  const { path } = type;
  const kind = kindOf(type);
  const custom = type.validators.filter(({ validator }) => validator !== type.requiredValidator);
  const reasons = custom.flatMap((entry, index) => {
    const { validator, propsParameter } = entry;
    if (isLimit(type, entry)) return [];
    if (validator instanceof RegExp) {
      // Mongoose's synchronous validation forgets the answer of all but the last one.
      const isLast = index === custom.length - 1;
      if (!isLast) return [`${path} has a validator after a regular expression`];
      return validator.global || validator.sticky ? [`${path} has a regular expression with a state`] : [];
    }
    if (typeof validator !== 'function') return [];
    if (isAsync(validator)) return [`${path} has an async validator`];
    if (propsParameter) return [`${path} has a validator that asks for its properties`];
    return usesDocument(validator) ? [`${path} has a validator that uses its document`] : [];
  });
  if (custom.length > 0 && (kind === 'documents' || kind === 'document' || kind === 'buffer')) {
    reasons.push(`${path} has a validator on ${kind === 'buffer' ? 'bytes' : 'documents'}`);
  }
  const hasFunction = custom.some(({ validator }) => typeof validator === 'function');
  if (hasFunction && kind === 'array' && (type.embeddedSchemaType?.setters.length ?? 0) > 0) {
    reasons.push(`${path} has a validator on elements with setters`);
  }
  return reasons;
}

/** `min` and `max` of Mongoose call only a limit that is itself a function with the document. */
function isLimit(type: FieldType, { validator, min, max }: FieldValidator): boolean {
  const isOwn = validator === type.minValidator || validator === type.maxValidator;
  return isOwn && [min, max].every((limit) => typeof limit !== 'function' || limit === Date.now);
}

function hasNames(value: object | undefined): boolean {
  return value !== undefined && value !== null && Object.keys(value).length > 0;
}
