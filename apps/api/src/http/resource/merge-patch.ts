import type { Update } from '#database';

/**
 * The input without what is absent or `null`: the document to store, which the schema casts.
 *
 * @param input - A checked DTO
 */
export function toDocument<T>(input: object): Partial<T> {
  const present = Object.entries(input).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(present) as Partial<T>;
}

/**
 * The update that a merge patch means: `null` removes, objects are merged, everything else is set.
 *
 * @param patch - A checked DTO
 * @see https://www.rfc-editor.org/rfc/rfc7396
 */
export function toUpdate<T>(patch: object): Update<T> | undefined {
  const set: Record<string, unknown> = {};
  const unset: Record<string, true> = {};
  spread(patch, '', set, unset);
  const hasSet = Object.keys(set).length > 0;
  const hasUnset = Object.keys(unset).length > 0;
  if (!hasSet && !hasUnset) return undefined;
  return { ...(hasSet && { $set: set }), ...(hasUnset && { $unset: unset }) } as Update<T>;
}

function spread(
  patch: object,
  prefix: string,
  set: Record<string, unknown>,
  unset: Record<string, true>,
): void {
  for (const [name, value] of Object.entries(patch) as [string, unknown][]) {
    const path = `${prefix}${name}`;
    if (value === undefined) continue;
    if (value === null) unset[path] = true;
    else if (typeof value === 'object' && !Array.isArray(value)) spread(value, `${path}.`, set, unset);
    else set[path] = value;
  }
}
