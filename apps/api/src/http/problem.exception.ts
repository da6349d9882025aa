import { HttpException } from '@nestjs/common';
import { ofCode, type Problem, type ProblemKind } from './problem.ts';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';

/** A request that our own code refuses, by a code of the table in docs/errors.md. */
export class ProblemException extends HttpException {
  readonly kind: ProblemKind;

  /**
   * @param errors - The fields at fault, without their values
   * @param total - How many there are, where not all of them are in `errors`
   */
  constructor(code: ProblemCode, errors?: Problem['errors'], total?: number) {
    const { status, detail } = PROBLEMS[code];
    super(detail, status);
    this.kind = ofCode(code, errors, total);
  }
}
