import { STATUS_CODES } from 'node:http';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';

/** Body of an error answer: https://www.rfc-editor.org/rfc/rfc9457 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Path of the request, without its query. */
  instance: string;
  /** Stable name for programs. */
  code: string;
  /** One entry a field that was refused; the first 100. */
  errors?: readonly { path: string; message: string }[];
}

/** When to try again what was too much at the moment, in seconds. */
export const RETRY_AFTER_SECONDS = 2;
export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** What a kind of error tells the client. */
export interface ProblemKind {
  status: number;
  code: string;
  detail: string;
  errors?: Problem['errors'];
  /** Fields that were refused and are not in `errors`. */
  more?: number;
}

/** Fields that an answer names. */
export const MAX_ERRORS = 100;

/**
 * @param errors - The fields at fault, without their values
 * @param total - How many there are, where not all of them are in `errors`
 */
export function ofCode(
  code: ProblemCode,
  errors?: Problem['errors'],
  total = errors?.length ?? 0,
): ProblemKind {
  const told = errors?.slice(0, MAX_ERRORS);
  const more = total - (told?.length ?? 0);
  return { code, ...PROBLEMS[code], ...(told && { errors: told }), ...(more > 0 && { more }) };
}

/** @param url - As requested; its query is left out, since it may hold what must not be repeated */
export function toProblem({ status, code, detail, errors, more }: ProblemKind, url: string): Problem {
  return {
    type: `urn:openai-outreach:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: more === undefined ? detail : `${detail}, and ${more} more than are named`,
    instance: url.split('?', 1)[0] ?? '/',
    code,
    ...(errors && { errors }),
  };
}
