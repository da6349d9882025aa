import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * Keeps the values of `keys` out of what `console`, `util.inspect` and `JSON.stringify` print of `section`; code reads them as
 * before. A copy made by spreading is a plain object again and prints everything.
 *
 * @returns `section` itself
 * @see https://nodejs.org/api/util.html#custom-inspection-functions-on-objects
 */
export function redact<T extends object>(section: T, ...keys: (keyof T)[]): T {
  const print = (): object => {
    const hidden = keys.filter((key) => section[key] !== undefined).map((key) => [key, REDACTED]);
    return { ...section, ...Object.fromEntries(hidden) };
  };
  return Object.defineProperties(section, { [inspect.custom]: { value: print }, toJSON: { value: print } });
}
