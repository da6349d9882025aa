import { Document, type Error as MongooseErrors, type mongo, type Schema } from 'mongoose';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { refuseForgedMaps } from './document-maps.ts';
import { kindOf, partsOf } from './field-type.ts';
import { storedForm } from './stored-form.ts';

/** Mongoose's own steps of a first save, without the model, the hooks and the promise. */
interface Draft {
  $__schema: Schema;
  $getAllSubdocs(): Draft[];
  $__getValue(path: string): unknown;
  $set(path: string, value: unknown, type?: undefined, options?: object): void;
  invalidate(path: string, message: string): void;
  $__validateSync(): MongooseErrors.ValidationError | null | undefined;
  toObject(options: object): mongo.Document;
}

type DraftClass = new (input: object, schema: Schema) => Draft;

/**
 * The stored form by way of a Mongoose document: exact for every input, and the one that names all problems, at the price of a
 * document. Its schema must have been found free of reasons.
 *
 * @throws {@link DocumentInvalidError} With every field that is refused
 */
export function writeByDraft(schema: Schema, input: object, at: Date): mongo.Document {
  try {
    const draft = new (Document as unknown as DraftClass)(input, schema);
    for (const part of [draft, ...draft.$getAllSubdocs()]) refuseStrangers(part);
    refuseForgedMaps(draft);
    const refusal = draft.$__validateSync();
    if (refusal) throw refusal;
    for (const part of [...draft.$getAllSubdocs(), draft]) stamp(part, at);
    const stored = storedForm(draft);
    const { versionKey } = partsOf(schema).options;
    if (typeof versionKey === 'string') stored[versionKey] = 0;
    return stored;
  } catch (error) {
    throw toDatabaseError(error);
  }
}

/** Elements such as `0` and `''` in an array of documents, which only Mongoose's asynchronous validation refuses. */
function refuseStrangers(part: Draft): void {
  for (const [path, type] of Object.entries(partsOf(part.$__schema).paths)) {
    if (kindOf(type) !== 'documents') continue;
    const elements = part.$__getValue(path);
    if (
      Array.isArray(elements) &&
      elements.some((element) => element !== undefined && element !== null && !element)
    ) {
      part.invalidate(path, 'is not valid');
    }
  }
}

function stamp(part: Draft, at: Date): void {
  const { createdAt, updatedAt } = partsOf(part.$__schema).$timestamps ?? {};
  if (createdAt && !part.$__getValue(createdAt)) {
    part.$set(createdAt, new Date(at), undefined, { overwriteImmutable: true });
  }
  if (updatedAt) part.$set(updatedAt, createdAt ? part.$__getValue(createdAt) : new Date(at));
}
