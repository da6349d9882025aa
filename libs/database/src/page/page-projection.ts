import type { mongo } from 'mongoose';
import type { SortField } from './page-sort.ts';
import { PageSortError } from './page.error.ts';

/**
 * A projection that leaves the sort fields in the documents, since the position of a page is read there.
 *
 * @param projection - Of fields, as in `{ name: 1 }` or `{ notes: 0 }`
 * @returns With the sort fields added where the fields to keep are named
 * @throws {@link PageSortError} When it takes one of them away
 */
export function keepSortFields(
  projection: mongo.Document | undefined,
  fields: readonly SortField[],
): mongo.Document | undefined {
  const entries = Object.entries(projection ?? {});
  const kept = entries.filter(([, how]) => how !== 0 && how !== false).map(([path]) => path);
  const dropped = entries.filter(([, how]) => how === 0 || how === false).map(([path]) => path);
  const isOfKept = entries.some(([path, how]) => path !== '_id' && how !== 0 && how !== false);
  for (const { path } of fields) {
    if (dropped.some((other) => isWithin(path, other) || isWithin(other, path))) {
      throw new PageSortError(path, 'the projection leaves it out');
    }
    if (kept.some((other) => other !== path && isWithin(other, path))) {
      throw new PageSortError(path, 'the projection leaves a part of it out');
    }
  }
  if (!isOfKept && !kept.includes('_id')) return projection;
  const missing = fields.filter(({ path }) => !kept.some((other) => isWithin(path, other)));
  return { ...projection, ...Object.fromEntries(missing.map(({ path }) => [path, 1])) };
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}.`);
}
