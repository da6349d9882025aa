import { STATUS_CODES } from 'node:http';

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
  /** One entry a field that was refused. */
  errors?: readonly { path: string; message: string }[];
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** What a kind of error tells the client. */
export interface ProblemKind {
  status: number;
  code: string;
  detail: string;
  errors?: Problem['errors'];
}

/** @param url - As requested; its query is left out, since it may hold what must not be repeated */
export function toProblem({ status, code, detail, errors }: ProblemKind, url: string): Problem {
  return {
    type: `urn:openai-outreach:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    instance: url.split('?', 1)[0] ?? '/',
    code,
    ...(errors && { errors }),
  };
}
