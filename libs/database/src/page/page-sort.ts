import type { mongo } from 'mongoose';
import { PageSortError } from './page.error.ts';

/** Field names, dotted where need be, with 1 or -1; as pairs where the order of the keys of an object is not enough. */
export type PageSort = Readonly<Record<string, 1 | -1>> | readonly (readonly [path: string, order: 1 | -1])[];

export interface SortField {
  path: string;
  isAscending: boolean;
}

const ID = '_id';

/**
 * The fields to sort by, with `_id` as the last one, so that no two documents are at the same place.
 *
 * @throws {@link PageSortError} When a name or an order is not one
 */
export function toSortFields(sort: PageSort): SortField[] {
  const pairs = Array.isArray(sort) ? (sort as readonly [string, unknown][]) : Object.entries(sort);
  const fields = new Map<string, SortField>();
  for (const [path, order] of pairs) {
    if (path === '' || path.startsWith('$')) throw new PageSortError(`"${path}"`, 'this is no field');
    if (order !== 1 && order !== -1) throw new PageSortError(path, 'the order is 1 or -1');
    if (!fields.has(path)) fields.set(path, { path, isAscending: order === 1 });
    // What comes after it never decides.
    if (path === ID) break;
  }
  // In the direction of the field before, so that one index read in one direction does.
  const last = [...fields.values()].at(-1);
  if (last?.path !== ID) fields.set(ID, { path: ID, isAscending: last?.isAscending ?? true });
  return [...fields.values()];
}

/** As the driver takes it. */
export function toDriverSort(fields: readonly SortField[], isReversed: boolean): [string, 1 | -1][] {
  return fields.map(({ path, isAscending }) => [path, isAscending === isReversed ? -1 : 1]);
}

/**
 * The values that put a document where it stands; `null` for those that it does not have.
 *
 * @throws {@link PageSortError} When it holds an array there: one document would stand at several places
 */
export function positionOf(document: mongo.Document, fields: readonly SortField[]): unknown[] {
  return fields.map(({ path }) => valueAt(document, path));
}

function valueAt(document: mongo.Document, path: string): unknown {
  let value: unknown = document;
  for (const key of path.split('.')) {
    if (!isEmbedded(value) || !Object.hasOwn(value, key)) return null;
    value = value[key];
    if (Array.isArray(value)) throw new PageSortError(path, 'a document holds an array there');
  }
  return value;
}

function isEmbedded(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !('_bsontype' in value) && !(value instanceof Date);
}
