import type { mongo } from 'mongoose';
import { beyond, equalTo, isComparable } from './bson-order.ts';
import type { SortField } from './page-sort.ts';
import { PageSortError } from './page.error.ts';

export type PageDirection = 'next' | 'previous';

/**
 * Filters that together match the documents behind a position in a sorted collection, whatever types their fields have: nothing is
 * skipped, nothing comes twice, also when documents are inserted meanwhile. An index of the sort fields serves each without a sort.
 *
 * @param fields - The sort; the last one is `_id`
 * @param position - One value for each field, as `positionOf` read them
 * @param direction - Which side of the position; to read the previous ones the sort is reversed
 * @param isInclusive - Whether the document at the position itself matches too
 * @returns In the order of the sort: all that the first one matches stands before what the second one does. None at the end
 * @throws {@link PageSortError} When a value cannot be compared with others by the server
 */
export function keysetFilters(
  fields: readonly SortField[],
  position: readonly unknown[],
  direction: PageDirection,
  isInclusive = false,
): mongo.Document[] {
  const filters: mongo.Document[] = [];
  const same: mongo.Document[] = [];
  for (const [index, { path, isAscending }] of fields.entries()) {
    const value = position[index];
    if (!isComparable(value))
      throw new PageSortError(path, 'a document holds a type there that has no order');
    const behind = beyond(path, value, isAscending === (direction === 'next'));
    if (behind.length > 0) filters.unshift({ $and: [...same, ...behind] });
    same.push(equalTo(path, value));
  }
  if (isInclusive) filters.unshift({ $and: same });
  return filters;
}
