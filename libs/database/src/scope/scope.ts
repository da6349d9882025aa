import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseError } from '../errors/database.error.ts';

/** Values of the fields that a schema marks with `scope: true`, such as `{ tenantId: 'acme' }`. */
export type Scope = Readonly<Record<string, unknown>>;

const EVERYTHING = Symbol('every scope');
const storage = new AsyncLocalStorage<Scope | typeof EVERYTHING>();

/** A collection whose documents belong to somebody was used without saying whose. */
export class ScopeMissingError extends DatabaseError {
  readonly code = 'SCOPE_MISSING';

  /** @param path - The field that has no value */
  constructor(readonly path: string) {
    super(
      `No scope gives ${path} a value: run the call in withScope(), or in acrossScopes() to mean all of them`,
    );
  }
}

/**
 * Runs `fn` for one owner: every repository whose schema marks fields with `scope: true` reads and writes only the documents with
 * these values, in everything that `fn` calls. Scopes inside one another add up.
 *
 * @example withScope({ tenantId: request.tenantId }, () => next.handle())
 */
export function withScope<R>(scope: Scope, fn: () => R): R {
  const outer = storage.getStore();
  return storage.run({ ...(outer !== EVERYTHING && outer), ...scope }, fn);
}

/** Runs `fn` over the documents of every owner, as for maintenance. What it inserts names the owner itself. */
export function acrossScopes<R>(fn: () => R): R {
  return storage.run(EVERYTHING, fn);
}

/**
 * @param paths - Fields that need a value
 * @returns The value of each, or `undefined` in {@link acrossScopes}
 * @throws {@link ScopeMissingError} When one has none
 */
export function currentScope(paths: readonly string[]): Scope | undefined {
  const scope = storage.getStore();
  if (scope === EVERYTHING) return undefined;
  return Object.fromEntries(
    paths.map((path) => {
      const value = scope?.[path];
      if (value === undefined || value === null) throw new ScopeMissingError(path);
      return [path, value];
    }),
  );
}
