import type { mongo } from 'mongoose';
import { keyOf } from '../repository/same-value.ts';
import { refuse } from './filter-value.ts';
import { equalityOf } from './update-insert.ts';

/**
 * A filter in which each path is asked to be equal once: the server refuses an upsert by one that says it twice.
 *
 * @param filter - Compiled; left as it is
 * @throws {@link FilterInvalidError} When a path is to be equal to two values
 */
export function withoutRepeats(filter: mongo.Document): mongo.Document {
  return strip(filter, new Map());
}

function strip(filter: mongo.Document, seen: Map<string, string>): mongo.Document {
  const kept: mongo.Document = {};
  for (const [key, value] of Object.entries(filter)) {
    if (key === '$and') {
      const branches = (value as mongo.Document[]).map((branch) => strip(branch, seen));
      const others = branches.filter((branch) => Object.keys(branch).length > 0);
      if (others.length > 0) kept.$and = others;
    } else if (!isRepeated(key, value, seen)) {
      kept[key] = value;
    }
  }
  return kept;
}

function isRepeated(path: string, condition: unknown, seen: Map<string, string>): boolean {
  const equal = equalityOf(path, condition);
  if (equal === undefined) return false;
  const text = keyOf(equal.value);
  const known = seen.get(path);
  if (known === undefined) {
    seen.set(path, text);
    return false;
  }
  return known === text && equal.isAll ? true : refuse(path, 'is asked to have two values');
}
