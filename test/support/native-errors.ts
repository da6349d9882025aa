import { types } from 'node:util';

/**
 * Jest runs each suite in a realm of its own, whose `Error` is not the `Error` of Node's modules: there a failed `readFile`
 * is no `instanceof Error`. Outside of tests it is, so it is made true here as well.
 */
const isInstance = Function.prototype[Symbol.hasInstance];

Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, candidate: unknown): boolean {
    if (isInstance.call(this as typeof Error, candidate)) return true;
    // Subclasses inherit this function and keep their own meaning.
    return this === Error && (types.isNativeError(candidate) || candidate instanceof DOMException);
  },
});
