import { Injectable, type PipeTransform } from '@nestjs/common';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { ProblemException } from '../problem.exception.ts';
import { MAX_ERRORS, type Problem } from '../problem.ts';

type FieldProblems = NonNullable<Problem['errors']>;
export type DtoClass<D extends object> = new () => D;

/** Names that are no fields, whatever the class: every object has them already, so that nothing else would notice them. */
const NO_FIELDS = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

/**
 * Makes the input of a body or query, checked by the rules of its class. What the class does not declare is refused, and nothing is
 * cast: text is no number. Takes a time in proportion to the input.
 *
 * @throws {@link ProblemException} `INPUT_INVALID`, with every field at fault
 */
export function toDto<D extends object>(type: DtoClass<D>, input: unknown): D {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new ProblemException('INPUT_INVALID', [{ path: '', message: 'must be an object' }]);
  const prototypes = namesOfPrototypes(input);
  if (prototypes.length > 0) throw toRefusal(prototypes);
  const fields = fieldsOf(type);
  const dto = new type();
  const strangers: string[] = [];
  for (const [name, value] of Object.entries(input)) {
    if (fields.has(name)) Reflect.set(dto, name, value);
    else strangers.push(name);
  }
  const errors = validateSync(dto, {
    // For objects in it, which are of no class.
    whitelist: true,
    forbidNonWhitelisted: true,
    // A class that declares nothing is one that takes nothing, as the two rules above have it.
    forbidUnknownValues: false,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
  });
  if (strangers.length + errors.length > 0) throw toRefusal(strangers, toProblems(errors));
  return dto;
}

/** {@link toDto} for `@Body` and `@Query`. */
@Injectable()
export class DtoPipe<D extends object> implements PipeTransform<unknown, D> {
  constructor(private readonly type: DtoClass<D>) {}

  transform(input: unknown): D {
    return toDto(this.type, input);
  }
}

const fieldsOfClasses = new WeakMap<DtoClass<object>, ReadonlySet<string>>();

/** What a class declares, with the classes that it extends. */
function fieldsOf(type: DtoClass<object>): ReadonlySet<string> {
  const known = fieldsOfClasses.get(type);
  if (known) return known;
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const fields = new Set(rules.map(({ propertyName }) => propertyName));
  fieldsOfClasses.set(type, fields);
  return fields;
}

/** Paths in the whole of an input. */
function namesOfPrototypes(input: object, prefix = '', found: string[] = []): string[] {
  for (const [name, value] of Object.entries(input) as [string, unknown][]) {
    const path = `${prefix}${name}`;
    if (NO_FIELDS.has(name)) found.push(path);
    if (typeof value === 'object' && value !== null) namesOfPrototypes(value, `${path}.`, found);
  }
  return found;
}

/** Longest name of an unknown field that is said back, in characters. */
const MAX_NAME_LENGTH = 100;

/** @param strangers - Paths that are no fields, however many */
function toRefusal(strangers: readonly string[], problems: FieldProblems = []): ProblemException {
  const told = [...strangers.slice(0, MAX_ERRORS).map(toStranger), ...problems];
  return new ProblemException('INPUT_INVALID', told, strangers.length + problems.length);
}

function toProblems(errors: readonly ValidationError[], prefix = ''): FieldProblems {
  return errors.flatMap(({ property, constraints = {}, children = [] }) => {
    const path = `${prefix}${property}`;
    if ('whitelistValidation' in constraints) return [toStranger(path)];
    const [message] = Object.values(constraints);
    const own = message === undefined ? [] : [{ path, message }];
    return [...own, ...toProblems(children, `${path}.`)];
  });
}

function toStranger(path: string): FieldProblems[number] {
  // A slice by itself would keep all of the name in memory, as long as the answer is there.
  const name = Buffer.from(path.slice(0, MAX_NAME_LENGTH)).toString();
  return { path: name, message: 'is not a field that can be set' };
}
