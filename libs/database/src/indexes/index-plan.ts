import type { mongo } from 'mongoose';
import { differencesOf, IDENTIFYING, isText } from './compare-indexes.ts';
import {
  declaredIndexes,
  type DeclaredCollection,
  type IndexDefinition,
  type ModelLike,
} from './declared-indexes.ts';
import { IndexesContradictError } from './index.error.ts';
import {
  readCollections,
  readUsage,
  type ExistingCollection,
  type ExistingIndex,
  type IndexUsage,
} from './read-indexes.ts';

/**
 * How a changed index becomes the declared one. `modify`: in place, without a build. `replace`: the new one is built beside the old
 * one, which stays until it is dropped by name. `rebuild`: the server cannot hold both, so between drop and build there is none.
 */
export type ChangeKind = 'modify' | 'replace' | 'rebuild';

/** A declared index of which the server has another version. */
export interface ChangedIndex {
  declared: IndexDefinition;
  existing: IndexDefinition;
  /** Names of options, and `key`. */
  differences: string[];
  how: ChangeKind;
}

/** An index that no schema declares. */
export interface ExtraIndex extends IndexDefinition {
  /** `null` when this user may not see it. */
  usage: IndexUsage | null;
}

/** What sets the indexes of one collection apart from their declaration. */
export interface CollectionPlan {
  collection: string;
  /** `absent`: not there yet. A view has no indexes of its own, so nothing is planned for it. */
  kind: 'collection' | 'timeseries' | 'view' | 'absent';
  /** Declared, and there; under the name that the server knows. */
  present: IndexDefinition[];
  missing: IndexDefinition[];
  /** Declared, and being built at this moment. */
  building: IndexDefinition[];
  changed: ChangedIndex[];
  extra: ExtraIndex[];
  /** Declared unique indexes that nothing enforces now: missing, being built, or not unique yet. */
  unenforced: IndexDefinition[];
}

/**
 * Compares the indexes that schemas declare with those of the server. Reads only.
 *
 * @param models - Several may share a collection, as discriminators do
 * @returns One plan for each collection, in the order of the models; an index counts as present under any name
 * @throws {@link IndexesContradictError} When two declarations cannot both be met; {@link DatabaseError}
 */
export async function planIndexes(db: mongo.Db, models: readonly ModelLike[]): Promise<CollectionPlan[]> {
  return planDeclared(db, declaredIndexes(models));
}

/** As {@link planIndexes}, of declarations that were read before. */
export async function planDeclared(
  db: mongo.Db,
  collections: readonly DeclaredCollection[],
  { withUsage = true } = {},
): Promise<CollectionPlan[]> {
  const existing = await readCollections(
    db,
    collections.map(({ name }) => name),
  );
  return Promise.all(
    collections.map(async (declared) => {
      const found = existing.get(declared.name);
      const plan = compare(declared, found);
      if (withUsage && plan.extra.length > 0) {
        const usage = await readUsage(db, declared.name);
        for (const extra of plan.extra) extra.usage = usage?.get(extra.name) ?? null;
      }
      return plan;
    }),
  );
}

/** Whether the server has everything that is declared, in the declared form. Extra indexes do no harm. */
export function isInPlace({ missing, building, changed }: CollectionPlan): boolean {
  return missing.length + building.length + changed.length === 0;
}

function compare(declared: DeclaredCollection, found: ExistingCollection | undefined): CollectionPlan {
  const kind = found?.kind ?? 'absent';
  const defaultCollation = (found?.options ?? declared.options).collation;
  const plan: CollectionPlan = {
    collection: declared.name,
    kind,
    present: [],
    missing: [],
    building: [],
    changed: [],
    extra: [],
    unenforced: [],
  };
  if (kind === 'view') return plan;
  const wanted = withoutRepetitions(declared, defaultCollation);
  const left = [...(found?.indexes ?? [])];
  const isEqual = (one: IndexDefinition, other: IndexDefinition) =>
    differencesOf(one, other, defaultCollation).length === 0;
  const unmet = wanted.filter((index) => {
    const at = left.findIndex((other) => isEqual(index, other));
    if (at === -1) return true;
    for (const match of left.splice(at, 1)) {
      plan[match.isBuilding ? 'building' : 'present'].push({ ...index, name: match.name });
    }
    return false;
  });
  for (const index of unmet) {
    const existing = nearest(index, left, defaultCollation);
    if (existing === undefined) {
      plan.missing.push(index);
      continue;
    }
    left.splice(left.indexOf(existing), 1);
    const differences = differencesOf(index, existing, defaultCollation);
    plan.changed.push({ declared: index, existing, differences, how: howToChange(index, differences) });
  }
  plan.extra = left.map((index) => ({ ...index, usage: null }));
  plan.unenforced = wanted.filter(
    (index) =>
      index.options.unique === true &&
      !found?.indexes.some((other) => isEnforcedBy(index, other, defaultCollation)),
  );
  return plan;
}

/** The older version of an index, if there is one: by what the server itself tells apart first, then by name, then by its keys. */
function nearest(
  declared: IndexDefinition,
  candidates: readonly ExistingIndex[],
  defaultCollation: object | undefined,
): ExistingIndex | undefined {
  const differences = (other: IndexDefinition) => differencesOf(declared, other, defaultCollation);
  const [byIdentity, byKey] = [
    candidates.find((other) => !differences(other).some((name) => IDENTIFYING.includes(name))),
    candidates.find((other) => !differences(other).includes('key')),
  ];
  const byName = candidates.find(({ name }) => name === declared.name);
  return byIdentity ?? (isText(declared) ? candidates.find(isText) : undefined) ?? byName ?? byKey;
}

function howToChange(declared: IndexDefinition, differences: readonly string[]): ChangeKind {
  if (differences.every((name) => canBeModified(declared, name))) return 'modify';
  if (isText(declared)) return 'rebuild';
  return differences.some((name) => IDENTIFYING.includes(name)) ? 'replace' : 'rebuild';
}

/** What `collMod` can do: https://www.mongodb.com/docs/manual/reference/command/collMod/ */
function canBeModified({ options }: IndexDefinition, difference: string): boolean {
  switch (difference) {
    case 'hidden':
    case 'prepareUnique':
      return true;
    case 'unique':
      return options.unique === true;
    case 'expireAfterSeconds':
      return options.expireAfterSeconds !== undefined;
    default:
      return false;
  }
}

/** Whether every pair of documents that the declared index would refuse is refused already. */
function isEnforcedBy(declared: IndexDefinition, existing: ExistingIndex, collation?: object): boolean {
  if (existing.isBuilding || existing.options.unique !== true) return false;
  return differencesOf(declared, existing, collation).every((name) => {
    if (name === 'partialFilterExpression' || name === 'sparse') return existing.options[name] === undefined;
    return !IDENTIFYING.includes(name);
  });
}

function withoutRepetitions(
  { name: collection, indexes }: DeclaredCollection,
  defaultCollation: object | undefined,
): IndexDefinition[] {
  const unique: IndexDefinition[] = [];
  for (const index of indexes) {
    const twin = unique.find(
      (other) =>
        !differencesOf(index, withCollation(other, defaultCollation), defaultCollation).some((name) =>
          IDENTIFYING.includes(name),
        ),
    );
    if (twin === undefined) unique.push(index);
    else if (differencesOf(index, withCollation(twin, defaultCollation), defaultCollation).length > 0) {
      throw new IndexesContradictError(collection, [index.name, twin.name]);
    }
  }
  return unique;
}

/** As the server would show it. */
function withCollation(index: IndexDefinition, defaultCollation: object | undefined): IndexDefinition {
  const collation = index.options.collation ?? defaultCollation;
  if (collation === undefined || isText(index)) return index;
  const filled = { strength: 3, caseLevel: false, numericOrdering: false, ...collation };
  return { ...index, options: { ...index.options, collation: filled } };
}
