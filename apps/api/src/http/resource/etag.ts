import { ProblemException } from '../problem.exception.ts';

/** A version that no document has. */
const NEVER = -1;
const VERSION_TAG = /^"(0|[1-9]\d{0,14})"$/;

/** For a change: `expectedVersion` is that of the document the client has seen; without it any version will do. */
export interface Condition {
  expectedVersion?: number;
}

/** @param version - As the repository keeps it */
export function toETag(version: number): string {
  return `"${version}"`;
}

/**
 * The condition of a change, for the repository: `*` asks only that the document is there; what cannot be the tag of a version matches
 * none. Several tags at once are not taken for a match either.
 *
 * @param ifMatch - Header of the request
 * @throws {@link ProblemException} `PRECONDITION_REQUIRED` without one
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-if-match
 */
export function toCondition(ifMatch: string | undefined): Condition {
  if (ifMatch === undefined || ifMatch === '') throw new ProblemException('PRECONDITION_REQUIRED');
  if (ifMatch === '*') return {};
  const version = VERSION_TAG.exec(ifMatch)?.[1];
  return { expectedVersion: version === undefined ? NEVER : Number(version) };
}

/**
 * Whether the client has what it asks for already, by its `If-None-Match`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match
 */
export function isFresh(ifNoneMatch: string | undefined, eTag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch === eTag || ifNoneMatch === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === eTag);
}
