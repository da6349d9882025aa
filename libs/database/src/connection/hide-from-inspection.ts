import { inspect } from 'node:util';

/**
 * Makes `console.log`, `util.inspect` and `JSON.stringify` show only `summary` of an object: the driver's objects hold the whole
 * connection string.
 */
export function hideFromInspection(target: object, summary: () => object): void {
  const hidden = { enumerable: false, configurable: true, writable: true };
  Object.defineProperty(target, inspect.custom, { ...hidden, value: summary });
  Object.defineProperty(target, 'toJSON', { ...hidden, value: summary });
}
