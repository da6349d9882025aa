import { canonical } from './canonical.ts';
import type { IndexDefinition } from './declared-indexes.ts';

/** What the server tells indexes on the same keys apart by: two that differ in one of these can exist side by side. */
export const IDENTIFYING = [
  'key',
  'unique',
  'sparse',
  'partialFilterExpression',
  'collation',
  'wildcardProjection',
];

/** Of the collation options that are not declared, those that no locale changes. */
const COLLATION_DEFAULTS: Record<string, unknown> = { strength: 3, caseLevel: false, numericOrdering: false };
const FLAGS = ['unique', 'sparse', 'hidden', 'prepareUnique'];
/** Chosen by the server when not declared. */
const CHOSEN_BY_SERVER = ['textIndexVersion', '2dsphereIndexVersion'];
const TEXT_DEFAULTS = { default_language: 'english', language_override: 'language' };
const PLANE_DEFAULTS = { bits: 26, min: -180, max: 180 };

/**
 * Compares a declared index with one of the server by what it means, not by how it is written: absent and `false` are the same, the
 * order within a filter does not count, the server's own form of text keys is understood.
 *
 * @param defaultCollation - Of the collection, which an index without one takes over
 * @returns Names of the options that differ, `key` among them; the names of the indexes are not compared
 */
export function differencesOf(
  declared: IndexDefinition,
  existing: IndexDefinition,
  defaultCollation?: object,
): string[] {
  const one = normalForm(declared);
  const other = normalForm(existing);
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  const differences = [...names].filter((name) => {
    if (CHOSEN_BY_SERVER.includes(name) && !(name in one)) return false;
    return one[name] !== other[name];
  });
  const collation = isText(declared) ? undefined : (declared.options.collation ?? defaultCollation);
  if (!isText(declared) && !isSameCollation(collation, existing.options.collation)) {
    differences.push('collation');
  }
  return differences;
}

/** Whether it indexes words; a collection can have one such index. */
export function isText({ key }: IndexDefinition): boolean {
  return Object.values(key).includes('text');
}

/** Each option as a text; those that say what holds anyway are left out. */
function normalForm(index: IndexDefinition): Record<string, string> {
  const { options } = index;
  const form: Record<string, string> = { key: JSON.stringify(Object.entries(keyOf(index))) };
  for (const flag of FLAGS) if (options[flag] === true) form[flag] = 'true';
  for (const name of CHOSEN_BY_SERVER) if (options[name] !== undefined) form[name] = canonical(options[name]);
  if (options.expireAfterSeconds !== undefined) {
    form.expireAfterSeconds = String(Math.trunc(Number(options.expireAfterSeconds)));
  }
  const { partialFilterExpression: filter, wildcardProjection: projection } = options;
  if (filter !== undefined) form.partialFilterExpression = canonical(filter);
  if (projection !== undefined) form.wildcardProjection = canonical(projection).replace(/:(0|1)\b/g, boolean);
  if (isText(index)) {
    form.weights = canonical(weightsOf(index));
    Object.assign(form, texts({ ...TEXT_DEFAULTS, ...options }, Object.keys(TEXT_DEFAULTS)));
  }
  if (Object.values(index.key).includes('2d')) {
    Object.assign(form, texts({ ...PLANE_DEFAULTS, ...options }, Object.keys(PLANE_DEFAULTS)));
  }
  return form;
}

function texts(options: Record<string, unknown>, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, canonical(options[name])]));
}

/** The server keeps the words of all text fields under one pair of keys. */
function keyOf({ key }: IndexDefinition): Record<string, unknown> {
  if ('_fts' in key) return key;
  const entries = Object.entries(key).flatMap<[string, unknown]>(([field, kind]) =>
    kind === 'text'
      ? [
          ['_fts', 'text'],
          ['_ftsx', 1],
        ]
      : [[field, kind]],
  );
  // Several text fields make one pair, at the place of the first.
  return Object.fromEntries(entries);
}

function weightsOf({ key, options }: IndexDefinition): Record<string, unknown> {
  const fields = Object.entries(key).filter(([field, kind]) => kind === 'text' && field !== '_fts');
  return { ...Object.fromEntries(fields.map(([field]) => [field, 1])), ...(options.weights as object) };
}

function isSameCollation(declared: unknown, existing: unknown): boolean {
  const [one, other] = [asCollation(declared), asCollation(existing)];
  if (one === undefined || other === undefined) return one === other;
  const wanted = { ...COLLATION_DEFAULTS, ...one };
  return Object.entries(wanted).every(([name, value]) => name === 'version' || other[name] === value);
}

/** `simple` is how it is said that there is none. */
function asCollation(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return 'locale' in value && value.locale === 'simple' ? undefined : (value as Record<string, unknown>);
}

function boolean(_match: string, digit: string): string {
  return `:${digit === '1'}`;
}
