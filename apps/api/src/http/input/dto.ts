import { Injectable, type PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { ProblemException } from '../problem.exception.ts';
import type { Problem } from '../problem.ts';

type FieldProblems = NonNullable<Problem['errors']>;
export type DtoClass<D extends object> = new () => D;

/** Names that are no fields, whatever the class: every object has them already, so that nothing else would notice them. */
const NO_FIELDS = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

/**
 * Makes the input of a body or query, checked by the rules of its class. What the class does not declare is refused, and nothing is
 * cast: text is no number.
 *
 * @throws {@link ProblemException} `INPUT_INVALID`, with every field at fault
 */
export function toDto<D extends object>(type: DtoClass<D>, input: unknown): D {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new ProblemException('INPUT_INVALID', [{ path: '', message: 'must be an object' }]);
  const strangers = namesOfPrototypes(input);
  if (strangers.length > 0) throw new ProblemException('INPUT_INVALID', strangers.map(toStranger));
  const dto = plainToInstance(type, input);
  const errors = validateSync(dto, {
    whitelist: true,
    forbidNonWhitelisted: true,
    // A class that declares nothing is one that takes nothing, as the two rules above have it.
    forbidUnknownValues: false,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
  });
  if (errors.length > 0) throw new ProblemException('INPUT_INVALID', toProblems(errors));
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

/** Paths in the whole of an input. */
function namesOfPrototypes(input: object, prefix = ''): string[] {
  return Object.entries(input).flatMap(([name, value]: [string, unknown]) => {
    const path = `${prefix}${name}`;
    const own = NO_FIELDS.has(name) ? [path] : [];
    return typeof value === 'object' && value !== null
      ? [...own, ...namesOfPrototypes(value, `${path}.`)]
      : own;
  });
}

/** Longest name of an unknown field that is said back, in characters. */
const MAX_NAME_LENGTH = 100;

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
  return { path: path.slice(0, MAX_NAME_LENGTH).toWellFormed(), message: 'is not a field that can be set' };
}
