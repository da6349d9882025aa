import { applyDecorators } from '@nestjs/common';
import { ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from '../http/problem-codes.ts';
import { toProblem } from '../http/problem.ts';

/** What a request can meet wherever it goes. */
const ANYWHERE: readonly ProblemCode[] = [
  'BAD_REQUEST',
  'REQUEST_TIMEOUT',
  'REQUEST_HEADER_FIELDS_TOO_LARGE',
  'INTERNAL_ERROR',
];
/** Codes that name fields, with an example. */
const EXAMPLES: Partial<Record<ProblemCode, { path: string; message: string }>> = {
  INPUT_INVALID: { path: 'email', message: 'must be an e-mail address' },
  DOCUMENT_INVALID: { path: 'email', message: 'is required' },
  DUPLICATE_KEY: { path: 'email', message: 'is already taken' },
  CURSOR_INVALID: { path: 'cursor', message: 'is not one that was given out for this list' },
};

/** Headers of an answer that says when to try again. */
export const RETRY_AFTER = {
  'Retry-After': { description: 'When to try again, in seconds', schema: { type: 'integer' } },
} as const;

/** An answer of OpenAPI: https://spec.openapis.org/oas/v3.1.1.html#response-object */
export interface Answer {
  description: string;
  headers?: object;
  content?: Record<string, object>;
}

/**
 * The answers of a route that are problems, by status.
 *
 * @param codes - Besides those that any request can meet
 */
export function problemResponses(codes: readonly ProblemCode[]): Record<string, Answer> {
  const byStatus = Map.groupBy([...ANYWHERE, ...codes].sort(), (code) => PROBLEMS[code].status as number);
  const answers = [...byStatus].map(([status, ofStatus]) => [String(status), toAnswer(status, ofStatus)]);
  return Object.fromEntries(answers) as Record<string, Answer>;
}

/** {@link problemResponses} for a method of a controller. */
export function ApiProblems(...codes: ProblemCode[]): MethodDecorator {
  const answers = Object.entries(problemResponses(codes));
  return applyDecorators(
    ...answers.map(([status, answer]) =>
      ApiResponse({ status: Number(status), ...answer } as ApiResponseOptions),
    ),
  );
}

function toAnswer(status: number, codes: readonly ProblemCode[]): Answer {
  const examples = codes.map((code) => {
    const error = EXAMPLES[code];
    const kind = { code, ...PROBLEMS[code], ...(error && { errors: [error] }) };
    return [code, { value: toProblem(kind, '/path') }] as const;
  });
  return {
    description: [...new Set(codes.map((code) => PROBLEMS[code].detail))].join('; '),
    ...([429, 503].includes(status) && { headers: RETRY_AFTER }),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(examples),
      },
    },
  };
}
