import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { DatabaseError } from '../errors/database.error.ts';
import { keyOf } from '../repository/same-value.ts';

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
 * A text that stands for the current scope, for what is kept by scope outside of repositories, such as an idempotency key or an entry of
 * a cache. It is the same in every process, whatever the order of the fields, and tells nothing of their values.
 *
 * @returns 43 characters of base64url; in {@link acrossScopes} those of all scopes; `undefined` when none is set
 */
export function scopeDigest(): string | undefined {
  const scope = storage.getStore();
  if (scope === undefined) return undefined;
  const values =
    scope === EVERYTHING
      ? null
      : Object.entries(scope)
          .map(([path, value]) => [path, keyOf(value)] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url');
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
