import type { mongo, Schema } from 'mongoose';

/**
 * The projection that leaves out what the schema marks with `select: false`, also in embedded documents.
 *
 * @returns `undefined` when nothing is marked
 * @see https://mongoosejs.com/docs/api/schematype.html#SchemaType.prototype.select()
 */
export function hiddenFields(schema: Schema): mongo.Document | undefined {
  const hidden = pathsOf(schema, '', new Set());
  return hidden.length === 0 ? undefined : Object.fromEntries(hidden.map((path) => [path, 0]));
}

function pathsOf(schema: Schema, prefix: string, above: ReadonlySet<Schema>): string[] {
  // A schema that holds itself: what it hides is hidden as deep as it was met first.
  if (above.has(schema)) return [];
  const within = new Set([...above, schema]);
  return Object.entries(schema.paths).flatMap(([key, type]) => {
    const path = `${prefix}${key}`;
    if ((type.options as { select?: boolean }).select === false) return [path];
    return type.schema ? pathsOf(type.schema, `${path}.`, within) : [];
  });
}

/** Takes the hidden fields out of a document that is the caller's own. */
export function removeHidden(document: mongo.Document, hidden: mongo.Document): void {
  for (const path of Object.keys(hidden)) removePath(document, path.split('.'));
}

function removePath(value: unknown, [key, ...rest]: string[]): void {
  if (key === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) for (const item of value) removePath(item, [key, ...rest]);
  else if (rest.length === 0) Reflect.deleteProperty(value, key);
  else removePath((value as Record<string, unknown>)[key], rest);
}
