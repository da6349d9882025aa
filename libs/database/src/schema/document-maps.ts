import type { Schema } from 'mongoose';
import { DocumentInvalidError, type FieldProblem } from '../errors/database.error.ts';
import { partsOf } from './field-type.ts';
import { BSON_KEY, FORGED } from './path-value.ts';

/** What Mongoose's documents and their parts have, beyond its types. */
interface Part {
  $__schema: Schema;
  $__fullPath(path: string): string;
  $__getValue(path: string): unknown;
  $getAllSubdocs(): Part[];
}

/**
 * Refuses maps with the key of BSON types. Mongoose would store them, but no driver could compare or write again what it reads of them.
 *
 * @param document - One of Mongoose
 * @throws {@link DocumentInvalidError} With the field of every such map
 */
export function refuseForgedMaps(document: object): void {
  const root = document as Part;
  // Mongoose lists the parts in a map more than once.
  const problems = [...new Set([root, ...root.$getAllSubdocs()])].flatMap(problemsOf);
  if (problems.length > 0) throw new DocumentInvalidError(problems);
}

function problemsOf(part: Part): FieldProblem[] {
  return Object.keys(partsOf(part.$__schema).paths)
    .filter((path) => !path.includes('.$*') && isForged(part.$__getValue(path)))
    .map((path) => ({ path: part.$__fullPath(path), message: FORGED }));
}

function isForged(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isForged);
  return value instanceof Map && (value.has(BSON_KEY) || [...value.values()].some(isForged));
}
