import { ProblemException } from '../problem.exception.ts';

/** An id as text. */
export const OBJECT_ID = /^[0-9a-fA-F]{24}$/;

/**
 * The id of an address, when it is one. Twelve characters are none, although the driver makes an `ObjectId` of them.
 *
 * @throws {@link ProblemException} `INPUT_INVALID`
 */
export function toId(text: string): string {
  if (OBJECT_ID.test(text)) return text;
  throw new ProblemException('INPUT_INVALID', [{ path: 'id', message: 'must be 24 hexadecimal digits' }]);
}
