import type { mongo } from 'mongoose';
import { readAll } from '../backup/read-collection.ts';
import { isSameContent, type ContentDigest } from '../raw/content-hash.ts';
import type { CollectionPlan } from './collection-plan.ts';
import { toOrdered, type OrderedDocument } from './ordered-bson.ts';

/** Differs between releases of the server for the same rules. */
const OF_RELEASE = ['version'];

/** How the documents of a collection differ from those of the dump, or `undefined`. */
export function differenceOf(expected: ContentDigest, found: ContentDigest): string | undefined {
  if (found.documents !== expected.documents) {
    return `it holds ${found.documents} documents in place of ${expected.documents}`;
  }
  return isSameContent(found, expected) ? undefined : 'its documents are not those of the dump';
}

/** Options and indexes that are not as planned, in words. Those that let documents expire are not there yet. */
export async function compareDefinition(
  db: mongo.Db,
  { name, type, options, indexes }: CollectionPlan,
  found: OrderedDocument | undefined,
): Promise<string[]> {
  if (found === undefined) return [`the ${type} is missing`];
  const changed = [...options.keys()].filter((field) => !isSame(options.get(field), found.get(field)));
  const problems = changed.map((field) => `the option ${field} differs`);
  if (type === 'view') return problems;
  const existing = await readIndexes(db, name);
  for (const index of indexes) {
    const indexName = String(index.get('name'));
    const other = existing.get(indexName);
    if (other && !isSameIndex(index, other)) problems.push(`the index ${indexName} differs`);
    if (!other) problems.push(`the index ${indexName} is missing`);
  }
  return problems;
}

async function readIndexes(db: mongo.Db, collection: string): Promise<Map<string, OrderedDocument>> {
  const command = { listIndexes: collection, cursor: {} };
  const list = await readAll({ db, command, collection });
  return new Map(list.map((bytes) => toOrdered(bytes)).map((index) => [String(index.get('name')), index]));
}

function isSameIndex(planned: OrderedDocument, found: OrderedDocument): boolean {
  return [...planned].every(([field, value]) => {
    const isSimple = field === 'collation' && value instanceof Map && value.get('locale') === 'simple';
    return isSimple ? !found.has(field) : isSame(value, found.get(field));
  });
}

/** Numbers count by their value: servers differ in the type that they give back. The order of fields matters. */
function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Map && b instanceof Map) {
    const [left, right] = [a, b].map((document: OrderedDocument) =>
      [...document].filter(([field]) => !OF_RELEASE.includes(field)),
    );
    return isSame(left?.flat(), right?.flat());
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, index) => isSame(value, b[index]));
  }
  const [left, right] = [scalar(a), scalar(b)];
  return left === right;
}

function scalar(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const { _bsontype: type } = value as { _bsontype?: string };
  const isNumber = type === 'Int32' || type === 'Long' || type === 'Double';
  return isNumber ? String(Number(value)) : `${type}:${JSON.stringify(value)}`;
}
