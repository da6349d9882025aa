import { mongo } from 'mongoose';

/** One text for one meaning, whatever the order of fields and the types of numbers; `{ $eq: x }` is `x`. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(mongo.BSON.EJSON.serialize({ value }, { relaxed: true })));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === '$eq') return sorted(only[1]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}
