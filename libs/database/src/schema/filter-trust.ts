import { trusted } from 'mongoose';
import { HINT, refuse } from './filter-value.ts';
import { isPlainObject } from './path-value.ts';

/** The mark of Mongoose's `trusted()`. No JSON, form or query string can carry a symbol. */
const [TRUSTED] = Object.getOwnPropertySymbols(trusted({}));

/**
 * Whether code has marked this object with Mongoose's `trusted()`. The mark is good for this object alone, not for what it holds.
 *
 * @see https://mongoosejs.com/docs/api/mongoose.html#Mongoose.prototype.trusted()
 */
export function isTrusted(value: object): boolean {
  return TRUSTED !== undefined && (value as Record<symbol, unknown>)[TRUSTED] === true;
}

/** @throws {@link FilterInvalidError} When the value is no object that code has marked */
export function castTrusted(value: unknown, path: string): Record<string, unknown> {
  if (!isPlainObject(value)) return refuse(path, 'must hold operators');
  return isTrusted(value) ? value : refuse(path, `holds a key that starts with $: ${HINT}`);
}
