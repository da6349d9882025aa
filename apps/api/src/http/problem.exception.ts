import { HttpException } from '@nestjs/common';
import type { Problem, ProblemKind } from './problem.ts';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';

/** A request that our own code refuses, by a code of the table in docs/errors.md. */
export class ProblemException extends HttpException {
  readonly kind: ProblemKind;

  /** @param errors - The fields at fault, without their values */
  constructor(code: ProblemCode, errors?: Problem['errors']) {
    const { status, detail } = PROBLEMS[code];
    super(detail, status);
    this.kind = { status, code, detail, ...(errors && { errors }) };
  }
}
