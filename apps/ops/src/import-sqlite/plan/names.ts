import { createHash } from 'node:crypto';

/** Bytes of `database.collection`. */
const MAX_NAMESPACE_BYTES = 255;
const DIGEST_LENGTH = 8;
/** Where the progress of imports is kept. */
export const PROGRESS_COLLECTION = 'import_sqlite_progress';

/**
 * Names of fields for columns, in their order. A name that MongoDB would refuse, or that queries could not reach, is changed: `$` at the
 * beginning and dots to `_`, `_id` to `id`, an empty one to `empty`; where that is taken, a number follows.
 *
 * @param reserved - Names that are taken by something else
 */
export function fieldNames(
  columns: readonly string[],
  reserved: readonly string[] = [],
): Map<string, string> {
  return distinct(columns, toFieldName, reserved);
}

/**
 * Names of collections for tables: `$`, a dot at the beginning and the `.` of `system.` become `_`, and what is too long is cut.
 *
 * @see https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-Restriction-on-Collection-Names
 */
export function collectionNames(tables: readonly string[], database: string): Map<string, string> {
  return distinct(tables, (name) => toCollectionName(name, database), [PROGRESS_COLLECTION]);
}

/** What MongoDB has against a name of a collection, or `undefined`. */
export function collectionProblem(name: string, database: string): string | undefined {
  return toCollectionName(name, database) === name && name !== PROGRESS_COLLECTION
    ? undefined
    : `"${name}" is no possible name of a collection`;
}

/** What is against a name of a field, or `undefined`. */
export function fieldProblem(name: string): string | undefined {
  return toFieldName(name) === name ? undefined : `"${name}" is no possible name of a field`;
}

function toFieldName(column: string): string {
  if (column === '_id') return 'id';
  return column.replace(/^\$+/, '_').replaceAll('.', '_').replaceAll('\0', '_') || 'empty';
}

function toCollectionName(table: string, database: string): string {
  const name =
    table
      .replace(/^system\./, 'system_')
      .replace(/^\./, '_')
      .replaceAll('$', '_')
      .replaceAll('\0', '_') || 'empty';
  const room = MAX_NAMESPACE_BYTES - Buffer.byteLength(database) - 1;
  if (Buffer.byteLength(name) <= room) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LENGTH);
  return `${cut(name, room - DIGEST_LENGTH - 1)}_${digest}`;
}

/** The longest beginning that takes so many bytes. */
function cut(text: string, maxBytes: number): string {
  const characters = [...text];
  while (Buffer.byteLength(characters.join('')) > maxBytes) characters.pop();
  return characters.join('');
}

/** Names that need no change keep theirs, wherever they stand. */
function distinct(
  names: readonly string[],
  change: (name: string) => string,
  reserved: readonly string[],
): Map<string, string> {
  const taken = new Set([...reserved, ...names.filter((name) => change(name) === name)]);
  return new Map(
    names.map((name) => {
      const wanted = change(name);
      if (wanted === name && !reserved.includes(name)) return [name, name];
      let free = wanted;
      for (let number = 2; taken.has(free); number += 1) free = `${wanted}_${number}`;
      taken.add(free);
      return [name, free];
    }),
  );
}
